import { randomUUID } from "node:crypto";
import { z } from "zod";
import { signWebhook } from "../../bird/signature.ts";

/** With what a probe is signed. */
export interface ProbeSignature {
  readonly key: string;
  readonly url: string;
}

export interface ProbeAnswer {
  readonly status: number;
  /** The webhook service's own word for why it refused. */
  readonly code: string | undefined;
  /** With `unavailable`: what keeps its Redis from taking events. */
  readonly reason: string | undefined;
}

/** Of no service of Bird's, so it is acknowledged and belongs to no install. */
const body = JSON.stringify({ service: "perch", event: "doctor.probe", payload: {} });

/** One id a process: the service logs what it refuses once an id. */
const requestId = `perch-doctor-${randomUUID()}`;

const wordSchema = z.string().regex(/^[a-z_]{1,40}$/);
const problemSchema = z.object({ code: wordSchema, reason: wordSchema.optional() });

/** Posts the probe, as Bird would. @throws what fetch throws when nobody answers. */
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
      "messagebird-signature": signWebhook({ timestamp, url, body: Buffer.from(body) }, key),
      "messagebird-request-timestamp": timestamp,
      "messagebird-request-id": requestId,
    },
    body,
  });
  const problem = problemSchema.safeParse(await response.json().catch(() => undefined));
  return { status: response.status, code: problem.data?.code, reason: problem.data?.reason };
};
