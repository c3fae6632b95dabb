import { z } from "zod";
import type { Check } from "./check.ts";
import { needSetting } from "./doctor-context.ts";
import { failureReason } from "./failure-reason.ts";
import { fail, ok, type Verdict } from "./finding.ts";

const aliveSchema = z.object({ status: z.literal("ok") });

/** Whether the webhook service is what answers at `WEBHOOK_PUBLIC_URL`, seen from this machine. */
export const webhookReachableCheck: Check = {
  id: "webhook_reachable",
  run: async (context) => {
    const url = needSetting(context, "WEBHOOK_PUBLIC_URL");
    try {
      const response = await fetch(`${url}/healthz`, {
        redirect: "manual",
        signal: AbortSignal.timeout(context.requestTimeoutMs),
      });
      const body: unknown = await response.json().catch(() => undefined);
      return verdictOf(response.status, aliveSchema.safeParse(body).success);
    } catch (error) {
      return fail(
        `WEBHOOK_PUBLIC_URL cannot be reached from here (${failureReason(error)}).`,
        "Check WEBHOOK_PUBLIC_URL, its DNS name, certificate and proxy, and that perch webhook (or perch start) runs.",
      );
    }
  },
};

const verdictOf = (status: number, isOurs: boolean): Verdict => {
  if (status === 200 && isOurs) return ok("The webhook service answers at WEBHOOK_PUBLIC_URL.");
  if (status >= 300 && status < 400)
    return fail(
      `WEBHOOK_PUBLIC_URL redirects (HTTP ${status}): Bird signs the address it was given, and may not follow.`,
      "Set WEBHOOK_PUBLIC_URL to where the redirect leads, and make the subscriptions anew.",
    );
  return fail(
    `Something else than the webhook service answers at WEBHOOK_PUBLIC_URL (HTTP ${status} at /healthz).`,
    "Let the proxy pass /healthz and /webhooks/bird, without cutting the path, to WEBHOOK_HOST and WEBHOOK_PORT of perch webhook.",
  );
};
