import type { TracePlace } from "../queue/installs/trace.ts";
import type { ConnectRefusal, requestSchemas } from "./protocol.ts";

/** Metrics of the connect service. */
export interface ConnectMetrics {
  /** A request of the protocol was answered. */
  readonly moved: (request: keyof typeof requestSchemas) => void;
  readonly refused: (reason: ConnectRefusal) => void;
}

/** Metrics that record nothing. */
export const noConnectMetrics: ConnectMetrics = { moved: () => undefined, refused: () => undefined };

/** The connect service's part in traces: a link is one trace, from its first opening to the end of its install. */
export interface ConnectTraces {
  /** Runs the handling of a request as a span at this place, or, without one, as the begin of a trace. */
  readonly within: <T>(
    request: {
      readonly route: string;
      readonly linkId: string;
      readonly place: TracePlace | undefined;
      /** How an error of the handling is answered. */
      readonly refusalOf: (error: unknown) => { readonly code: string; readonly status: number };
    },
    work: () => Promise<T>,
  ) => Promise<T>;
  /** The place of the request that is handled, as a `traceparent`; undefined when its trace is not sampled. */
  readonly place: () => string | undefined;
}
