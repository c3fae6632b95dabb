import { isLoopback } from "../../http/is-loopback.ts";
import type { Check } from "./check.ts";
import { needSetting } from "./doctor-context.ts";
import { fail, ok } from "./finding.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether the API asks for keys where others can reach it. */
export const apiAccessCheck: Check = {
  id: "api_access",
  run: async (context) => {
    const host = needSetting(context, "API_HOST");
    if (context.problems.some(({ name }) => name === "API_KEYS")) throw new UnmetError("API_KEYS is wrong.");
    if (context.config.API_KEYS !== undefined) return ok("The API asks for a key (API_KEYS).");
    if (isLoopback(host)) return ok("The API asks for no key and listens on this machine only.");
    return fail(
      "API_KEYS is not set and API_HOST is not this machine alone: the API refuses to start.",
      "Make a key with perch keys api and set API_KEYS, or set API_HOST to 127.0.0.1.",
    );
  },
};
