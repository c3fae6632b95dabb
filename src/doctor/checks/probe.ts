import { randomUUID } from "node:crypto";
import { z } from "zod";
import { doctorProbe } from "../../bird/channel-event.ts";
import { signWebhook } from "../../bird/signature.ts";
import type { NamedKey } from "../../config/webhook-keys.ts";
import { fail, type Verdict } from "../check.ts";
import { type DoctorContext, needSetting } from "../context.ts";

/** How a probe is signed. */
export interface ProbeSignature {
  readonly key: string;
  readonly url: string;
}

export interface ProbeAnswer {
  readonly status: number;
  /** The webhook service's code for its refusal. */
  readonly code: string | undefined;
  /** With `unavailable`: why its Redis takes no events. */
  readonly reason: string | undefined;
}

/** One id a process: the service logs a refusal once an id. */
const requestId = `perch-doctor-${randomUUID()}`;

const wordSchema = z.string().regex(/^[a-z_]{1,40}$/);
const problemSchema = z.object({ code: wordSchema, reason: wordSchema.optional() });

/** Posts the probe as Bird does. @throws what fetch throws when no server answers. */
export const sendProbe = async (
  to: string,
  { key, url }: ProbeSignature,
  options: { readonly timeoutMs: number; readonly atMs: number },
): Promise<ProbeAnswer> => {
  const timestamp = String(Math.floor(options.atMs / 1000));
  const response = await fetch(to, {
    method: "POST",
    redirect: "manual",
    signal: AbortSignal.timeout(options.timeoutMs),
    headers: {
      "content-type": "application/json",
      "user-agent": "perch-doctor",
      "messagebird-signature": signWebhook({ timestamp, url, body: Buffer.from(doctorProbe) }, key),
      "messagebird-request-timestamp": timestamp,
      "messagebird-request-id": requestId,
    },
    body: doctorProbe,
  });
  const problem = problemSchema.safeParse(await response.json().catch(() => undefined));
  return { status: response.status, code: problem.data?.code, reason: problem.data?.reason };
};

/** Finds the part of the signature in which the service differs. */
export const explainProbe = async ({
  send,
  context,
  path,
  keys,
}: {
  readonly send: (signature: ProbeSignature) => Promise<ProbeAnswer>;
  readonly context: DoctorContext;
  readonly path: string;
  readonly keys: readonly NamedKey[];
}): Promise<Verdict> => {
  const base = needSetting(context, "WEBHOOK_PUBLIC_URL");
  const tries = ["", ...otherBases(base, context)].flatMap((other) =>
    keys.map(({ name, key }) => ({ other, name, key })),
  );
  const answers = await Promise.all(
    tries.map(async ({ other, key, ...rest }) => {
      const answer = await send({ key, url: (other === "" ? base : other) + path });
      return { other, ...rest, isTaken: answer.status === 200 };
    }),
  );
  const taken = answers.find(({ isTaken }) => isTaken);
  if (taken === undefined)
    return fail(
      "A signed event is refused (HTTP 401, bad_signature) under every key and near address: the service has another signing key, or quite another WEBHOOK_PUBLIC_URL.",
      "Give perch webhook the same WEBHOOK_SIGNING_SECRET (or WEBHOOK_SIGNING_KEYS) and WEBHOOK_PUBLIC_URL as here, and restart it.",
    );
  if (taken.other === "")
    return fail(
      `A signed event is refused under ${keys[0]?.name} and taken under ${taken.name}: the service has another WEBHOOK_SIGNING_SECRET.`,
      "Give perch webhook the same WEBHOOK_SIGNING_SECRET as here, and restart it.",
    );
  return fail(
    `A signed event is refused over WEBHOOK_PUBLIC_URL, and taken over ${taken.other}: the key is right, the address differs.`,
    "Start perch webhook with the same WEBHOOK_PUBLIC_URL as here; the subscriptions must have it too, to the letter.",
  );
};

/** Addresses the service may be configured with. */
const otherBases = (base: string, { config }: DoctorContext): readonly string[] => {
  const { WEBHOOK_HOST: host, WEBHOOK_PORT: port } = config;
  const url = URL.parse(base);
  const ownPort = url === null || url.port === "" ? port : url.port;
  const scheme = url?.protocol === "https:" ? "http:" : "https:";
  const bases = [
    base.replace(/^https?:/i, scheme),
    `${base}/`,
    ...(url === null ? [] : [url.origin, `${url.protocol}//${url.hostname}`]),
    `http://${host}:${port}`,
    `http://localhost:${port}`,
    `http://127.0.0.1:${ownPort}`,
    `http://localhost:${ownPort}`,
  ];
  return [...new Set(bases)].filter((other) => other !== base);
};
