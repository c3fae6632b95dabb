import { Agent } from "undici";

/** One attempt to deliver an event. */
interface EventMessage {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends events over kept-alive connections. */
export interface EventPost {
  /** Calls `settled` once with the receiver's status, or with why there is none. */
  readonly post: (message: EventMessage, settled: (outcome: number | Error) => void) => void;
  readonly close: () => Promise<void>;
}

/** Opens the connections to receivers. A time-out is kept to about half a second by undici's coarse timers. */
export const createEventPost = ({
  connectionsMax,
  timeoutMs,
}: {
  /** Per receiver. */
  readonly connectionsMax: number;
  readonly timeoutMs: number;
}): EventPost => {
  const agent = new Agent({
    connections: connectionsMax,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs },
  });
  return {
    post: ({ url, body, headers }, settled) => {
      const { origin, pathname, search } = new URL(url);
      let status = 0;
      // The dispatcher's own interface, which needs neither a stream nor a promise for an unread body.
      agent.dispatch(
        { origin, path: pathname + search, method: "POST", headers: { ...headers }, body },
        {
          onRequestStart: () => {},
          onResponseStart: (_controller, statusCode) => {
            status = statusCode;
          },
          onResponseData: () => {},
          onResponseEnd: () => settled(status),
          onResponseError: (_controller, error) => settled(error),
        },
      );
    },
    close: () => agent.destroy(),
  };
};
