import type { DoctorContext } from "./context.ts";

/** One check of `perch doctor`. It changes nothing and does not rely on another check having run. */
export interface Check {
  readonly id: string;
  /** @throws {SkipCheck} when something it depends on is missing. */
  run(context: DoctorContext): Promise<Verdict | readonly Finding[]>;
}

type CheckStatus = "ok" | "warn" | "fail" | "skipped";

/** The result of a check, without the check's id. */
export interface Verdict {
  readonly status: CheckStatus;
  /** A plain sentence. Never a secret; of settings only the names. */
  readonly summary: string;
  /** What to do. */
  readonly fix?: string;
}

/** One line of `perch doctor`. */
export interface Finding extends Verdict {
  /** The check; one about a workspace, a setting or a server of a cluster ends with `:` and its id or name. */
  readonly id: string;
}

export const ok = (summary: string): Verdict => ({ status: "ok", summary });
export const warn = (summary: string, fix: string): Verdict => ({ status: "warn", summary, fix });
export const fail = (summary: string, fix: string): Verdict => ({ status: "fail", summary, fix });
