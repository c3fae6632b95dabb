import type { DoctorContext } from "./doctor-context.ts";
import type { Finding, Verdict } from "./finding.ts";

/** One thing `perch doctor` looks at. It changes nothing and must not rely on another check having run. */
export interface Check {
  readonly id: string;
  /** @throws {UnmetError} when something it builds on is missing. */
  run(context: DoctorContext): Promise<Verdict | readonly Finding[]>;
}
