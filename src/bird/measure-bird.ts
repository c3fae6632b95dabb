import type { BirdAnswer, BirdClient } from "./bird-client.ts";

/** One request to Bird that has ended. */
export interface BirdExchange {
  readonly operation: Operation;
  /** Method and path without ids: `POST connectors`. */
  readonly route: string;
  /** Bird's status, or why there is none. */
  readonly status: number | Exclude<BirdAnswer["kind"], "answered">;
  readonly elapsedMs: number;
}

/** Wraps a client and reports every request once it has ended. */
export const measureBird = (client: BirdClient, onAnswer: (exchange: BirdExchange) => void): BirdClient => ({
  send: async (request) => {
    const startMs = performance.now();
    const answer = await client.send(request);
    onAnswer({
      ...operationOf(request.method, request.path),
      status: answer.kind === "answered" ? answer.status : answer.kind,
      elapsedMs: performance.now() - startMs,
    });
    return answer;
  },
  close: client.close,
});

/** The operation of a request, in one word. */
type Operation =
  | "create_connector"
  | "get_connector"
  | "list_connectors"
  | "delete_connector"
  | "get_connector_status"
  | "get_channel"
  | "list_channels"
  | "send_message"
  | "create_subscription"
  | "list_subscriptions"
  | "delete_subscription"
  | "other";

const ofOne = new Map<string, Operation>([
  ["GET connectors", "list_connectors"],
  ["POST connectors", "create_connector"],
  ["GET connectors/:id", "get_connector"],
  ["DELETE connectors/:id", "delete_connector"],
  ["GET connectors/:id/status", "get_connector_status"],
  ["GET channels", "list_channels"],
  ["GET channels/:id", "get_channel"],
  ["POST channels/:id/messages", "send_message"],
  ["GET webhook-subscriptions", "list_subscriptions"],
  ["POST webhook-subscriptions", "create_subscription"],
  ["DELETE webhook-subscriptions/:id", "delete_subscription"],
]);

/** Derives operation and route from method and path, so that no id gets into a metric or the name of a span. */
export const operationOf = (
  method: string,
  path: string,
): { readonly operation: Operation; readonly route: string } => {
  const [, , , ...rest] = path.startsWith("/organizations/") ? path.split("/").slice(2) : path.split("/");
  const [kind = "", id, what] = rest;
  const route = `${method} ${kind}${id === undefined ? "" : "/:id"}${what === undefined ? "" : `/${what}`}`;
  const operation = ofOne.get(route);
  return operation === undefined ? { operation: "other", route: `${method} other` } : { operation, route };
};
