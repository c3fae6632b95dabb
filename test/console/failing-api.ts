import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

/** What becomes of the requests that fail: nothing yet, a problem instead of an answer, or a connection that ends. */
type Failing = "held" | "refused" | "dropped" | "passed";

interface FailingApi {
  /** Where to connect instead of to the API. */
  readonly url: string;
  /** Changes what becomes of the requests, also of those that are held, and cuts streams that were passed on. */
  become(failing: Failing): void;
  /** How many requests are held. */
  heldCount(): number;
}

export const refusedDetail = "Redis is being restarted.";

const refusal = JSON.stringify({
  ...{ type: "about:blank", title: "Redis cannot be reached", status: 503, code: "redis_unreachable" },
  detail: refusedDetail,
});

/** A proxy on loopback that fails the requests whose `METHOD /path?query` matches, and passes on all others. */
export const withFailingApi = async (
  target: string,
  fails: RegExp,
  run: (api: FailingApi) => Promise<void>,
): Promise<void> => {
  let failing: Failing = "held";
  let held: (() => void)[] = [];
  const passed = new Set<ServerResponse>();
  const pass = (incoming: IncomingMessage, answer: ServerResponse): void => {
    const { method, headers } = incoming;
    const outgoing = request(new URL(incoming.url ?? "/", target), { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    outgoing.on("error", () => answer.destroy());
    answer.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  };
  const decide = (incoming: IncomingMessage, answer: ServerResponse): void => {
    if (failing === "held") held.push(() => decide(incoming, answer));
    else if (failing === "passed") {
      passed.add(answer.on("close", () => passed.delete(answer)));
      pass(incoming, answer);
    } else if (failing === "dropped") incoming.socket.destroy();
    else answer.writeHead(503, { "content-type": "application/problem+json" }).end(refusal);
  };
  const server = createServer((incoming, answer) => {
    if (fails.test(`${incoming.method} ${incoming.url}`)) decide(incoming, answer);
    else pass(incoming, answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  try {
    await run({
      url: `http://127.0.0.1:${port}`,
      become: (next) => {
        failing = next;
        const waiting = held;
        held = [];
        for (const again of waiting) again();
        for (const answer of passed) answer.destroy();
      },
      heldCount: () => held.length,
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
};
