import type { Check, Finding, Verdict } from "./check.ts";
import type { DoctorContext } from "./context.ts";
import { failureReason } from "./failure-reason.ts";
import { SkipCheck } from "./skip-check.ts";

/** Runs all checks at once, each for `timeoutMs` at most; none can stop another. Findings come in the table's order. */
export const runChecks = async (
  checks: readonly Check[],
  context: DoctorContext,
): Promise<readonly Finding[]> => (await Promise.all(checks.map((check) => runCheck(check, context)))).flat();

const runCheck = async ({ id, run }: Check, context: DoctorContext): Promise<readonly Finding[]> => {
  const late = Promise.withResolvers<Verdict>();
  const timer = setTimeout(
    () =>
      late.resolve({
        status: "fail",
        summary: `No result within ${context.timeoutMs / 1000} s.`,
        fix: "Run perch doctor again; if it stays so, look at the line about what this one depends on.",
      }),
    context.timeoutMs,
  );
  try {
    const found = await Promise.race([run(context), late.promise]);
    return isList(found) ? found : [{ id, ...found }];
  } catch (error) {
    return [{ id, ...verdictOf(error) }];
  } finally {
    clearTimeout(timer);
  }
};

/** The verdict of a check that threw. */
export const verdictOf = (error: unknown): Verdict =>
  error instanceof SkipCheck
    ? { status: "skipped", summary: error.message }
    : {
        status: "fail",
        summary: `The check cannot be made (${failureReason(error)}).`,
        fix: "Run perch doctor again; if it stays so, look at the lines before this one.",
      };

const isList = (found: Verdict | readonly Finding[]): found is readonly Finding[] => Array.isArray(found);
