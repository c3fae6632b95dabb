import { z } from "zod";
import type { Config, InspectedConfig } from "../../config/config.ts";
import { webhookKeys } from "../../config/webhook-keys.ts";
import { isLoopback } from "../../http/is-loopback.ts";
import { plural } from "../../install/values/shown-text.ts";
import { isRedisFaultKind, redisFault } from "../../redis/errors.ts";
import { type Check, fail, ok, type Verdict } from "../check.ts";
import { needSetting } from "../context.ts";
import { failureReason } from "../failure-reason.ts";
import { SkipCheck } from "../skip-check.ts";
import { explainProbe, type ProbeAnswer, type ProbeSignature, sendProbe } from "./probe.ts";

/** The settings of webhook signatures. @throws {SkipCheck} when one is malformed, or none is set. */
export const needSigning = ({
  config,
  problems,
}: InspectedConfig): Pick<Config, "WEBHOOK_SIGNING_SECRET" | "WEBHOOK_SIGNING_KEYS"> => {
  const wrong = problems.find(({ name }) => name.startsWith("WEBHOOK_SIGNING_"));
  if (wrong !== undefined) throw new SkipCheck(`${wrong.name} is wrong.`);
  if (config.WEBHOOK_SIGNING_SECRET === undefined && config.WEBHOOK_SIGNING_KEYS === undefined)
    throw new SkipCheck("Neither WEBHOOK_SIGNING_SECRET nor WEBHOOK_SIGNING_KEYS is set.");
  return config;
};

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

/** Whether there is a key to check events with: without one the webhook service refuses all of them. */
export const webhookSigningCheck: Check = {
  id: "webhook_signing",
  run: async ({ config, problems }) => {
    const { WEBHOOK_SIGNING_SECRET: secret, WEBHOOK_SIGNING_KEYS: keys, BIRD_ACCESS_KEY, REDIS_URL } = config;
    const wrong = problems.find(({ name }) => name.startsWith("WEBHOOK_SIGNING_"));
    if (wrong !== undefined) throw new SkipCheck(`${wrong.name} is wrong.`);
    if (secret !== undefined)
      return ok("WEBHOOK_SIGNING_SECRET is set: every workspace has a signing key of its own.");
    if (keys !== undefined)
      return ok(`WEBHOOK_SIGNING_KEYS is set (${plural(keys.length, "key")}); all workspaces share it.`);
    if (BIRD_ACCESS_KEY === undefined && REDIS_URL === undefined)
      throw new SkipCheck(
        "Neither WEBHOOK_SIGNING_SECRET nor WEBHOOK_SIGNING_KEYS is set; perch start makes one up for its sandbox.",
      );
    return fail(
      "There is no signing key: every event of Bird is refused.",
      "Set WEBHOOK_SIGNING_SECRET (16 characters or more, such as from openssl rand -hex 32) and make the subscriptions with it.",
    );
  },
};

const aliveSchema = z.object({ status: z.literal("ok") });

/** Whether the webhook service answers at `WEBHOOK_PUBLIC_URL`, seen from this machine. */
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
      return reachableVerdictOf(response.status, aliveSchema.safeParse(body).success);
    } catch (error) {
      return fail(
        `WEBHOOK_PUBLIC_URL cannot be reached from here (${failureReason(error)}).`,
        "Check WEBHOOK_PUBLIC_URL, its DNS name, certificate and proxy, and that perch webhook (or perch start) runs.",
      );
    }
  },
};

const reachableVerdictOf = (status: number, isOurs: boolean): Verdict => {
  if (status === 200 && isOurs) return ok("The webhook service answers at WEBHOOK_PUBLIC_URL.");
  if (status >= 300 && status < 400)
    return fail(
      `WEBHOOK_PUBLIC_URL redirects (HTTP ${status}): Bird signs the address it was given, and may not follow.`,
      "Set WEBHOOK_PUBLIC_URL to where the redirect leads, and make the subscriptions again.",
    );
  return fail(
    `Something else than the webhook service answers at WEBHOOK_PUBLIC_URL (HTTP ${status} at /healthz).`,
    "Let the proxy pass /healthz and /webhooks/bird, without cutting the path, to WEBHOOK_HOST and WEBHOOK_PORT of perch webhook.",
  );
};

/** No workspace has this id. */
const madeUpWorkspaceId = "00000000-0000-4000-8000-000000000000";

/**
 * Posts an event of a made-up service to the webhook service, signed as Bird signs. The service must acknowledge it, and
 * neither stores nor counts it. When it is refused, other signatures are tried, to find what the service has instead.
 */
export const webhookProbeCheck: Check = {
  id: "webhook_probe",
  run: async (context) => {
    const base = needSetting(context, "WEBHOOK_PUBLIC_URL");
    const { WEBHOOK_SIGNING_SECRET: secret } = needSigning(context);
    const path = secret === undefined ? "/webhooks/bird" : `/webhooks/bird/${madeUpWorkspaceId}`;
    const [signer, ...others] = webhookKeys(context.config, secret && madeUpWorkspaceId);
    if (signer === undefined) throw new SkipCheck("WEBHOOK_SIGNING_KEYS is empty.");
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

/** Explains a refused signature by trying others. */
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
    fix: "Give perch webhook the same WEBHOOK_SIGNING_SECRET or WEBHOOK_SIGNING_KEYS as here, and restart it.",
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
