/**
 * A tiny Bird, the same for every system: answers a create at once or after a while, sends the signed event right after
 * the answer or later, and again every second until it is acknowledged.
 */
import { randomUUID } from "node:crypto";
import { Agent, createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { signWebhook } from "../../src/bird/signature.ts";
import { listen, setting } from "./peer.ts";

const answerMs = Number(setting("BIRD_ANSWER_MS"));
const eventMs = Number(setting("BIRD_EVENT_MS"));
const webhookUrl = setting("WEBHOOK_URL");
const signingKey = setting("SIGNING_KEY");
const repeatMs = 1000;
const pageSize = 100;

const createSchema = z.object({
  name: z.string(),
  arguments: z.object({ phoneId: z.string(), phoneNumber: z.string() }).loose(),
});

interface Connector extends z.infer<typeof createSchema> {
  readonly id: string;
  readonly workspaceId: string;
  channel?: { readonly channelId: string };
}

const connectors = new Map<string, Connector>();
const ofWorkspace = new Map<string, Connector[]>();
const createsOf = new Map<string, number>();
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

const create = (workspaceId: string, body: unknown): Connector => {
  const connector: Connector = { id: randomUUID(), workspaceId, ...createSchema.parse(body) };
  const { phoneId } = connector.arguments;
  connectors.set(connector.id, connector);
  createsOf.set(phoneId, (createsOf.get(phoneId) ?? 0) + 1);
  const others = ofWorkspace.get(workspaceId);
  if (others === undefined) ofWorkspace.set(workspaceId, [connector]);
  else others.push(connector);
  return connector;
};

const announce = (connector: Connector): void => {
  const { id: connectorId, workspaceId } = connector;
  const channelId = randomUUID();
  connector.channel = { channelId };
  const payload = { id: channelId, connectorId, workspaceId, status: "active" };
  const body = JSON.stringify({ service: "channels", event: "channel.created", payload });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = signWebhook({ timestamp, url: webhookUrl, body: Buffer.from(body) }, signingKey);
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "messagebird-request-timestamp": timestamp,
    "messagebird-signature": signature,
  };
  const send = (): void => {
    const again = (): void => void setTimeout(send, repeatMs);
    const sending = httpRequest(webhookUrl, { method: "POST", agent, headers, timeout: 10_000 }, (answer) => {
      answer.resume();
      if (answer.statusCode !== 200) again();
    });
    sending.once("timeout", () => sending.destroy(new Error("no answer")));
    sending.once("error", again);
    sending.end(body);
  };
  send();
};

const page = (workspaceId: string, query: URLSearchParams) => {
  const first = Number(query.get("pageToken") ?? 0);
  const all = ofWorkspace.get(workspaceId) ?? [];
  const next = first + pageSize < all.length ? { nextPageToken: String(first + pageSize) } : {};
  return { results: all.slice(first, first + pageSize), ...next };
};

const respond = async (request: IncomingMessage) => {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://bird");
  const [, , workspaceId = "", , connectorId, rest] = pathname.split("/");
  if (request.method === "POST") {
    const body: unknown = JSON.parse(await text(request));
    if (answerMs > 0) await new Promise((resolve) => setTimeout(resolve, answerMs));
    const connector = create(workspaceId, body);
    const told = (): void => {
      if (eventMs === 0) announce(connector);
      else setTimeout(announce, eventMs, connector);
    };
    return { status: 201, body: { ...connector }, told };
  }
  if (connectorId === undefined) return { status: 200, body: page(workspaceId, searchParams) };
  const found = rest === undefined ? connectors.get(connectorId) : undefined;
  return found === undefined ? { status: 404, body: {} } : { status: 200, body: found };
};

const server = createServer(async (request, response) => {
  const { status, body, told } = await respond(request);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body), told);
});
await listen(server, Number(setting("BIRD_PORT")));

process.on("disconnect", () => process.exit());
process.on("message", () =>
  process.send?.({
    creates: connectors.size,
    duplicated: [...createsOf.values()].filter((count) => count > 1).length,
  }),
);
process.send?.("ready");
