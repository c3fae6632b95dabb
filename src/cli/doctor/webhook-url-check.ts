import { isLoopback } from "../../http/is-loopback.ts";
import type { Check } from "./check.ts";
import { needSetting } from "./doctor-context.ts";
import { fail, ok } from "./finding.ts";

/** Bird's pattern of a subscription's url: https, a dotted name, no port. */
const birdUrl = /^https:\/\/([a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}(\/[^\s]*)?$/;

/**
 * Whether Bird would take `WEBHOOK_PUBLIC_URL` in a subscription. A Bird on this machine is a sandbox, which is
 * not so strict.
 *
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions
 */
export const webhookUrlCheck: Check = {
  id: "webhook_url",
  run: async (context) => {
    const url = needSetting(context, "WEBHOOK_PUBLIC_URL");
    const isSandbox = isLoopback(URL.parse(context.config.BIRD_API_URL)?.hostname ?? "");
    if (isSandbox || birdUrl.test(url))
      return ok("WEBHOOK_PUBLIC_URL is an address that subscriptions take.");
    return fail(
      "Bird takes no subscription to WEBHOOK_PUBLIC_URL: it must be https with a host name, without a port.",
      "Set WEBHOOK_PUBLIC_URL to the public https name in front of the webhook service.",
    );
  },
};
