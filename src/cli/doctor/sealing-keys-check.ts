import { counted } from "../counted.ts";
import type { Check } from "./check.ts";
import { fail, ok } from "./finding.ts";
import { readSealingKeys } from "./read-sealing-keys.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether there are keys to seal and open tokens with. */
export const sealingKeysCheck: Check = {
  id: "sealing_keys",
  run: async (context) => {
    const found = await readSealingKeys(context);
    switch (found.kind) {
      case "found":
        return ok(`${found.where} holds ${counted(found.keys.length, "key")}; ${found.keys[0]?.kid} seals.`);
      case "wrong":
        if (found.where === "SEALING_KEYS") throw new UnmetError("SEALING_KEYS is wrong.");
        return fail(
          `${found.where} holds no list of keys that can be read.`,
          "Restore that file, or set SEALING_KEYS to the keys that were in it; perch keys seal shows the form.",
        );
      case "distrusted":
        return fail(
          `${found.where} ${found.fault}: no role that uses the private Redis starts.`,
          "Make the file yours alone if the key in it is yours, or set SEALING_KEYS.",
        );
      case "none":
        return found.isNeeded
          ? fail(
              "SEALING_KEYS is not set, but REDIS_URL is: no role can start.",
              "Make a key with perch keys seal and set SEALING_KEYS, the same in every process.",
            )
          : ok("perch start will make a sealing key under .data/, beside its private Redis.");
    }
  },
};
