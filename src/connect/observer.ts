import type { ConnectRefusal, requestSchemas } from "./protocol.ts";

/** Metrics of the connect service. */
export interface ConnectMetrics {
  /** A request of the protocol was answered. */
  readonly moved: (request: keyof typeof requestSchemas) => void;
  readonly refused: (reason: ConnectRefusal) => void;
}

/** Metrics that record nothing. */
export const noConnectMetrics: ConnectMetrics = { moved: () => undefined, refused: () => undefined };
