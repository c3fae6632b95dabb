import { counted } from "../counted.ts";
import type { Check } from "./check.ts";
import { fail, ok } from "./finding.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether there is a key to check events with: without one the webhook service refuses all of them. */
export const webhookSigningCheck: Check = {
  id: "webhook_signing",
  run: async ({ config, problems }) => {
    const { WEBHOOK_SIGNING_SECRET: secret, WEBHOOK_SIGNING_KEYS: keys, BIRD_ACCESS_KEY } = config;
    const wrong = problems.find(({ name }) => name.startsWith("WEBHOOK_SIGNING_"));
    if (wrong !== undefined) throw new UnmetError(`${wrong.name} is wrong.`);
    if (secret !== undefined)
      return ok("WEBHOOK_SIGNING_SECRET is set: every workspace has a signing key of its own.");
    if (keys !== undefined)
      return ok(`WEBHOOK_SIGNING_KEYS is set (${counted(keys.length, "key")}); all workspaces share it.`);
    if (BIRD_ACCESS_KEY === undefined)
      throw new UnmetError(
        "Neither WEBHOOK_SIGNING_SECRET nor WEBHOOK_SIGNING_KEYS is set; perch start makes one up for its sandbox.",
      );
    return fail(
      "There is no signing key: every event of Bird is refused.",
      "Set WEBHOOK_SIGNING_SECRET (16 characters or more, such as from openssl rand -hex 32) and make the subscriptions with it.",
    );
  },
};
