import { isRedisFaultKind, redisFault } from "../../queue/redis-fault.ts";
import { webhookKeys } from "../webhook-keys.ts";
import type { Check } from "./check.ts";
import { needSetting } from "./doctor-context.ts";
import { explainProbe } from "./explain-probe.ts";
import { failureReason } from "./failure-reason.ts";
import { fail, ok, type Verdict } from "./finding.ts";
import { needSigning } from "./need-signing.ts";
import { type ProbeAnswer, type ProbeSignature, sendProbe } from "./send-probe.ts";
import { UnmetError } from "./unmet-error.ts";

/** No workspace has it, so the probe stands for none. */
const madeUpWorkspaceId = "00000000-0000-4000-8000-000000000000";

/**
 * Posts an event of nobody's service to the webhook service, signed as Bird would sign it. It must be acknowledged;
 * it is counted and kept with the unreadable ones. Refused, it is signed in other ways, which tells what the service
 * has instead.
 */
export const webhookProbeCheck: Check = {
  id: "webhook_probe",
  run: async (context) => {
    const base = needSetting(context, "WEBHOOK_PUBLIC_URL");
    const { WEBHOOK_SIGNING_SECRET: secret } = needSigning(context);
    const path = secret === undefined ? "/webhooks/bird" : `/webhooks/bird/${madeUpWorkspaceId}`;
    const [signer, ...others] = webhookKeys(context.config, secret && madeUpWorkspaceId);
    if (signer === undefined) throw new UnmetError("WEBHOOK_SIGNING_KEYS is empty.");
    const send = (signature: ProbeSignature): Promise<ProbeAnswer> =>
      sendProbe(`${base}${path}`, signature, { timeoutMs: context.requestTimeoutMs, atMs: context.now() });
    try {
      const answer = await send({ key: signer.key, url: base + path });
      if (answer.status === 200) return ok("The webhook service takes a signed event at WEBHOOK_PUBLIC_URL.");
      if (answer.code !== "bad_signature") return refused(answer);
      return await explainProbe({ send, context, path, keys: [signer, ...others] });
    } catch (error) {
      return fail(
        `A signed event cannot be sent to WEBHOOK_PUBLIC_URL (${failureReason(error)}).`,
        "Check WEBHOOK_PUBLIC_URL and that perch webhook (or perch start) runs.",
      );
    }
  },
};

/** What is said of the signature itself is told apart by trying others. */
const refused = ({ status, code, reason }: ProbeAnswer): Verdict => {
  if (code === "unavailable" && reason !== undefined && isRedisFaultKind(reason)) {
    const { detail, fix } = redisFault(reason);
    return fail(`A signed event is refused (HTTP ${status}, ${code}): ${detail}.`, fix);
  }
  const { fix, why } = refusals[code ?? ""] ?? {
    why: "",
    fix:
      status === 503
        ? "The webhook service cannot reach its Redis: check its REDIS_URL."
        : "See that nothing between WEBHOOK_PUBLIC_URL and perch webhook answers in its place or changes paths.",
  };
  return fail(
    `A signed event is refused (HTTP ${status}${code === undefined ? "" : `, ${code}`})${why}.`,
    fix,
  );
};

const refusals: Readonly<Record<string, { readonly why: string; readonly fix: string }>> = {
  no_key: {
    why: ": the service has no signing key",
    fix: "Give perch webhook the same WEBHOOK_SIGNING_SECRET or WEBHOOK_SIGNING_KEYS as here, and start it anew.",
  },
  no_signature: {
    why: ": its signature headers were lost on the way",
    fix: "Let the proxy at WEBHOOK_PUBLIC_URL pass messagebird-signature and messagebird-request-timestamp.",
  },
  too_old: {
    why: ": the clocks of this machine and of the service differ, or its WEBHOOK_MAX_AGE_MS is tiny",
    fix: "Synchronise both clocks (NTP) and unset WEBHOOK_MAX_AGE_MS.",
  },
};
