import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";

/** A place in a trace, as W3C Trace Context has it. */
export interface TracePlace {
  readonly traceId: string;
  readonly spanId: string;
  /** Bit 0: the trace is sampled. */
  readonly traceFlags: number;
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
export const formatTraceparent = ({ traceId, spanId, traceFlags }: TracePlace): string =>
  `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, "0")}`;

/** Undefined when it is none, or all zeros. A version to come is read as far as this one goes. */
export const parseTraceparent = (text: string): TracePlace | undefined => {
  const [, version, traceId = "", spanId = "", flags = ""] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/.exec(text) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && text.length !== 55)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1 };
};

/** The form in which BullMQ keeps a job's place in a trace, and bullmq-otel reads it. */
export const traceMetadata = (place: TracePlace): string =>
  JSON.stringify({ traceparent: formatTraceparent(place) });

const optionsSchema = z.object({ tm: z.string().optional() });
const metadataSchema = z.object({ traceparent: z.string() });

/** Finds the trace of an install: where it was enqueued. Undefined when it is not traced, or gone. */
export type FindTrace = (installId: string) => Promise<TracePlace | undefined>;

/** Reads the job's options, which BullMQ never changes. One command. */
export const createFindTrace =
  (deps: { readonly client: RedisClient; readonly keys: Keys }): FindTrace =>
  async (installId) => {
    const options = await deps.client.hget(deps.keys.ofInstall(installId).job(installId), "opts");
    const { tm } = optionsSchema.parse(JSON.parse(options ?? "{}"));
    return tm === undefined ? undefined : parseTraceparent(metadataSchema.parse(JSON.parse(tm)).traceparent);
  };
