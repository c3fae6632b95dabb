import type { Check } from "./check.ts";
import { eachServer } from "./each-server.ts";
import { fail, ok, warn } from "./finding.ts";
import { infoOf } from "./info-of.ts";

/** 6.2 is the oldest that works, 7 the oldest that is still looked after. */
export const redisVersionCheck: Check = {
  id: "redis_version",
  run: eachServer(async ({ info }) => {
    const version = infoOf(info, "redis_version");
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < 6 || (major === 6 && minor < 2))
      return fail(
        `Redis ${version} is too old: Perch refuses it.`,
        "Update Redis to 7 or newer, or use Valkey.",
      );
    return major < 7
      ? warn(`Redis ${version} works, but gets no more fixes.`, "Update Redis to 7 or newer, or use Valkey.")
      : ok(`Redis ${version}.`);
  }),
};
