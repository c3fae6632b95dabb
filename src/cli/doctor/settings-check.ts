import type { Check } from "./check.ts";
import { fail, ok } from "./finding.ts";

/** Every setting that is wrong, by name and never with its value. */
export const settingsCheck: Check = {
  id: "settings",
  run: async ({ problems }) =>
    problems.length === 0
      ? ok("Every setting that is set is well-formed.")
      : problems.map(({ name, message }) => ({
          id: `settings:${name}`,
          ...fail(
            `${name} ${message}.`,
            `Correct ${name} in the environment or in .env; .env.example shows its form.`,
          ),
        })),
};
