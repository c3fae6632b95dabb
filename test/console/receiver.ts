import { once } from "node:events";
import { createServer } from "node:http";

/** A receiver of notifications on loopback. */
interface Receiver {
  readonly url: string;
  /** What it answers. */
  status: number;
}

export const withReceiver = async (run: (receiver: Receiver) => Promise<void>): Promise<void> => {
  const receiver = { url: "", status: 200 };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(receiver.status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  try {
    await run(Object.assign(receiver, { url: `http://127.0.0.1:${port}/hooks/${"long/".repeat(30)}` }));
  } finally {
    server.close();
    server.closeAllConnections();
  }
};
