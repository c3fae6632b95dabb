import { randomUUID } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { context, propagation, type TextMapPropagator, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { ConnectTraces } from "../connect/observer.ts";
import type { NotifierTraces } from "../notify/notifier.ts";
import { type FindTrace, parseTraceparent } from "../queue/installs/trace.ts";
import type { WebhookTraces } from "../webhook/observer.ts";
import type { WorkerTraces } from "../worker/observe/observer.ts";
import { createApiTraces } from "./api.ts";
import { createConnectTraces } from "./connect.ts";
import { logExportErrors } from "./log-export-errors.ts";
import { createMetaTraces } from "./meta.ts";
import { createNotifierTraces } from "./notifier.ts";
import { createWebhookTraces } from "./webhook.ts";
import { createWorkerTraces } from "./worker.ts";

export interface TraceSettings {
  /** Where spans are sent: OTLP over HTTP, as JSON. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** Share of traces that are sampled, of those that begin here: 0 to 1. */
  readonly ratio: number;
}

/** Traces of one process, with each role's part in them. A producer finds them by itself. */
export interface Traces {
  forApi(): ReturnType<typeof createApiTraces>;
  forConnect(): ConnectTraces;
  forMeta(): ReturnType<typeof createMetaTraces>;
  forWorker(): WorkerTraces;
  forWebhook(deps: { readonly findTrace: FindTrace }): WebhookTraces;
  forNotifier(deps: { readonly findTrace: FindTrace }): NotifierTraces;
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>;
}

/** A collector that takes longer for a batch loses it; nothing waits for it longer at the end. */
const exportMs = 2000;
/** Spans kept until they are sent; beyond that they are dropped. About 2 KB each. */
const queueMax = 4096;

/**
 * Sets up OpenTelemetry for the whole process. Nothing here is loaded unless traces are configured.
 *
 * A trace is sampled where it starts; processes that join it follow that decision.
 */
export const startTraces = (deps: {
  readonly settings: TraceSettings;
  readonly version?: string | undefined;
  /** How often spans are sent, ms. Default: a second. */
  readonly sendEveryMs?: number;
  readonly log: { readonly warn: (facts: object, message: string) => void };
}): Traces => {
  const { settings, version, log } = deps;
  const agent = new (settings.url.toLowerCase().startsWith("https:") ? https : http).Agent({
    keepAlive: true,
  });
  const exporter = new OTLPTraceExporter({
    url: settings.url,
    httpAgentOptions: () => agent,
    headers: { ...settings.headers },
    timeoutMillis: exportMs,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": settings.serviceName,
      "service.instance.id": randomUUID(),
      ...(version !== undefined && { "service.version": version }),
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.ratio) }),
    spanLimits: { attributeValueLengthLimit: 256 },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: logExportErrors(exporter, (facts) => log.warn(facts, "traces could not be exported")),
        maxQueueSize: queueMax,
        scheduledDelayMillis: deps.sendEveryMs ?? 1000,
        exportTimeoutMillis: 2 * exportMs,
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(traceparentPropagator);
  trace.setGlobalTracerProvider(provider);
  return {
    forApi: createApiTraces,
    forConnect: createConnectTraces,
    forMeta: createMetaTraces,
    forWorker: createWorkerTraces,
    forWebhook: createWebhookTraces,
    forNotifier: createNotifierTraces,
    close: async () => {
      const sent = provider.shutdown().catch(() => undefined);
      await Promise.race([sent, pause(exportMs, undefined, { ref: false })]);
      // An answer that does not end would keep the process.
      agent.destroy();
      for (const global of [trace, propagation, context]) global.disable();
    },
  };
};

/**
 * Reads a place in a trace from a W3C `traceparent`. Neither `tracestate` nor baggage is carried: it would be
 * stored in Redis with every waiting install, and callers control its content.
 */
export const traceparentPropagator: TextMapPropagator = {
  // A producer writes its span context into the job itself; nothing is propagated to other systems.
  inject: () => undefined,
  extract: (context, carrier, getter) => {
    const text = getter.get(carrier, "traceparent");
    const place = typeof text === "string" ? parseTraceparent(text) : undefined;
    return place === undefined ? context : trace.setSpanContext(context, { ...place, isRemote: true });
  },
  fields: () => ["traceparent"],
};
