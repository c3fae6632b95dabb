import type { Check } from "./check.ts";
import { fail, ok, warn } from "./finding.ts";

/** Bird repeats an event for up to a day, and people are away for a long weekend. */
const sensibleMs = 7 * 86_400_000;

const judgeRetention = (retentionMs: number) =>
  retentionMs >= sensibleMs
    ? ok("Every setting that is set is well-formed.")
    : warn(
        "RETENTION_MS is less than a week: what failed over a long weekend is forgotten before anybody looks, and late events of Bird find no install.",
        "Set RETENTION_MS=604800000 or more, unless the data must go sooner; perch erase takes away single numbers.",
      );

/** Every setting that is wrong, by name and never with its value. */
export const settingsCheck: Check = {
  id: "settings",
  run: async ({ problems, config }) =>
    problems.length === 0
      ? judgeRetention(config.RETENTION_MS)
      : problems.map(({ name, message }) => ({
          id: `settings:${name}`,
          ...fail(
            `${name} ${message}.`,
            `Correct ${name} in the environment or in .env; .env.example shows its form.`,
          ),
        })),
};
