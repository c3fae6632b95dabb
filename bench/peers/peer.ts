/** What the processes of every compared system have in common. */
import { once } from "node:events";
import { Agent, createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import got from "got";
import { Pool } from "undici";
import { z } from "zod";
import { isSignatureValid } from "../../src/bird/signature.ts";
import { type request, requests } from "../requests.ts";

export type Request = ReturnType<typeof request>;

/** A setting that the bench gives its processes in their environment. */
export const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

/** Installs added together; Perch's producer takes as many. */
const groupSize = 250;

export const groupsOf = function* (all: Iterable<Request>): Generator<Request[]> {
  let group: Request[] = [];
  for (const each of all) {
    group.push(each);
    if (group.length < groupSize) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
};

const path = ({ workspaceId }: Request): string => `/workspaces/${workspaceId}/connectors`;
const headers = { authorization: "AccessKey bench-access-key" };
const bodyOf = ({ name, accessToken, wabaId, phoneId, phoneNumber }: Request) => ({
  name,
  connectorTemplateRef: "whatsapp:1",
  arguments: { wabaId, phoneId, phoneNumber },
  securityArguments: { oauth: { accessToken } },
});
const createdSchema = z.object({ id: z.string() });

/** Returns a function that creates a connector with got, over kept-alive connections, as Perch does. */
export const createWithGot = () => {
  const agent = { http: new Agent({ keepAlive: true, maxSockets: 256 }) };
  const bird = got.extend({ agent, headers, retry: { limit: 0 }, timeout: { request: 30_000 } });
  const url = setting("BIRD_API_URL");
  return async (request: Request): Promise<string> => {
    const created: unknown = await bird.post(url + path(request), { json: bodyOf(request) }).json();
    return createdSchema.parse(created).id;
  };
};

/** Returns a function that creates a connector with undici, the cheapest client there is for Node. */
export const createWithUndici = () => {
  const pool = new Pool(setting("BIRD_API_URL"), { connections: 100 });
  return async (request: Request): Promise<string> => {
    const { statusCode, body } = await pool.request({
      method: "POST",
      path: path(request),
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(bodyOf(request)),
    });
    const created: unknown = await body.json();
    if (statusCode !== 201) throw new Error(`Bird answered ${statusCode}`);
    return createdSchema.parse(created).id;
  };
};

/** Listens on this port of loopback; connections stay open. */
export const listen = async (server: Server, port: number): Promise<void> => {
  server.keepAliveTimeout = 60_000;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
};

export interface ChannelCreated {
  readonly connectorId: string;
  readonly channelId: string;
}

const eventSchema = z
  .object({ payload: z.object({ id: z.string(), connectorId: z.string() }) })
  .transform(({ payload }) => ({ connectorId: payload.connectorId, channelId: payload.id }));

/** A peer's webhook service: verifies Bird's signature and stores the event before it answers; false makes Bird repeat it. */
export const receiveEvents = async (store: (event: ChannelCreated) => Promise<boolean>): Promise<void> => {
  const url = setting("WEBHOOK_URL");
  const keys = [setting("SIGNING_KEY")];
  const server = createServer(async (request, response) => {
    try {
      const body = await text(request);
      const timestamp = String(request.headers["messagebird-request-timestamp"]);
      const signature = String(request.headers["messagebird-signature"]);
      const isBirds = isSignatureValid({ timestamp, url, body: Buffer.from(body), signature }, keys);
      const isStored = isBirds && (await store(eventSchema.parse(JSON.parse(body))));
      response.writeHead(isStored ? 200 : isBirds ? 503 : 401).end();
    } catch {
      response.writeHead(500).end();
    }
  });
  await listen(server, Number(setting("WEBHOOK_PORT")));
};

/** What the driver of a system does for the bench. */
export interface Driver {
  readonly enqueue: (installs: Iterable<Request>) => Promise<void>;
  /** How many installs are completed, since the store is new. */
  readonly completed: () => Promise<number>;
}

const orderSchema = z.union([z.literal("completed"), z.object({ first: z.number(), count: z.number() })]);

const serve = (driver: Driver): void => {
  process.on("message", async (message) => {
    const order = orderSchema.parse(message);
    if (order === "completed") return process.send?.(await driver.completed());
    await driver.enqueue(requests(order.first + order.count, order.first));
    return process.send?.(order.count);
  });
};

/** Runs the role that the process was started for, and reports when it is ready. The bench ends it. */
export const runRole = async (roles: {
  readonly worker?: () => Promise<unknown>;
  readonly webhook?: () => Promise<unknown>;
  readonly driver: () => Promise<Driver>;
}): Promise<void> => {
  process.on("disconnect", () => process.exit());
  const role = process.argv[2];
  if (role === "driver") serve(await roles.driver());
  if (role === "worker") await roles.worker?.();
  if (role === "webhook") await roles.webhook?.();
  process.send?.("ready");
};
