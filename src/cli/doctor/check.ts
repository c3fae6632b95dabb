import type { DoctorContext } from "./context.ts";

/** One thing `perch doctor` looks at. It changes nothing and must not rely on another check having run. */
export interface Check {
  readonly id: string;
  /** @throws {SkipCheck} when something it builds on is missing. */
  run(context: DoctorContext): Promise<Verdict | readonly Finding[]>;
}

type CheckStatus = "ok" | "warn" | "fail" | "skipped";

/** What a check found, without saying which check it was. */
export interface Verdict {
  readonly status: CheckStatus;
  /** A plain sentence. Never a secret, and of the settings names only. */
  readonly summary: string;
  /** What to do. */
  readonly fix?: string;
}

/** One line of `perch doctor`. */
export interface Finding extends Verdict {
  /** The check; one about a workspace ends with `:` and its id. */
  readonly id: string;
}

export const ok = (summary: string): Verdict => ({ status: "ok", summary });
export const warn = (summary: string, fix: string): Verdict => ({ status: "warn", summary, fix });
export const fail = (summary: string, fix: string): Verdict => ({ status: "fail", summary, fix });
