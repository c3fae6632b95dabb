import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isPublicAddress } from "../../notify/public-address.ts";
import type { Check } from "./check.ts";
import { needSetting } from "./doctor-context.ts";
import { failureReason } from "./failure-reason.ts";
import { fail, ok } from "./finding.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether notifications could be sent to `NOTIFY_URL`. Sends none. */
export const notifyCheck: Check = {
  id: "notify",
  run: async (context) => {
    const { NOTIFY_SECRET: secrets, NOTIFY_URL: url, NOTIFY_ALLOW_PRIVATE: allowsPrivate } = context.config;
    const wrong = context.problems.find(({ name }) => name.startsWith("NOTIFY_"));
    if (wrong !== undefined) throw new UnmetError(`${wrong.name} ${wrong.message}.`);
    if (secrets === undefined) throw new UnmetError("NOTIFY_SECRET is not set: no notification is sent.");
    if (url === undefined) return ok("NOTIFY_SECRET is set; only each install's callbackUrl is told.");
    const { hostname } = new URL(needSetting(context, "NOTIFY_URL"));
    const host = hostname.replace(/^\[|\]$/g, "");
    try {
      const found = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
      if (allowsPrivate || found.every(({ address }) => isPublicAddress(address)))
        return ok("NOTIFY_URL is an address that notifications may go to, and NOTIFY_SECRET signs them.");
    } catch (error) {
      return fail(
        `The host of NOTIFY_URL is not known (${failureReason(error)}).`,
        "Correct the host name of NOTIFY_URL, or this machine's DNS.",
      );
    }
    return fail(
      "NOTIFY_URL leads to a private address, where nothing is sent.",
      "Set NOTIFY_URL to a public https address, or NOTIFY_ALLOW_PRIVATE to true.",
    );
  },
};
