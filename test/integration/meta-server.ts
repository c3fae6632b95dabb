import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestContext } from "node:test";

export type MetaAnswer = (response: ServerResponse, incoming: IncomingMessage) => void;

/** A real server in Meta's place, which keeps what it was asked. Closed after the test. */
export const openMetaServer = async (
  t: TestContext,
  answer: MetaAnswer,
): Promise<{ readonly url: string; readonly asked: readonly IncomingMessage[] }> => {
  const asked: IncomingMessage[] = [];
  const server = createServer((incoming, response) => {
    asked.push(incoming);
    answer(response, incoming);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/v23.0`, asked };
};

export const answerJson =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
