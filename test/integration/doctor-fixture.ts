import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { z } from "zod";
import { hashApiKey } from "../../src/api/auth/api-keys.ts";
import { createBirdClient } from "../../src/bird/bird-client.ts";
import { workspaceSigningKey } from "../../src/bird/signature.ts";
import { createSubscriptions, type SubscriptionCreate } from "../../src/bird/subscriptions.ts";
import { doctorCommand } from "../../src/cli/doctor/doctor.ts";
import { inspectConfig } from "../../src/config/config.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { workspaceId } from "../support/request.ts";
import { type Stack, type StackOptions, signingSecret, withStack } from "../support/stack.ts";
import { createTestIo } from "../unit/cli/test-io.ts";

export type Env = Readonly<Record<string, string | undefined>>;

const reportSchema = z.strictObject({
  ok: z.boolean(),
  checks: z.array(
    z.strictObject({
      id: z.string(),
      status: z.enum(["ok", "warn", "fail", "skipped"]),
      summary: z.string(),
      fix: z.string().optional(),
    }),
  ),
});

export interface DoctorReport extends z.infer<typeof reportSchema> {
  readonly code: number;
  /** Everything it printed. */
  readonly text: string;
}

/** Runs `perch doctor --json` in this process. */
export const runDoctor = async (
  env: Env,
  options: {
    readonly keys?: Stack["keys"];
    readonly workspace?: readonly string[] | undefined;
    readonly now?: (() => number) | undefined;
    readonly timeoutMs?: number;
    readonly dataDir?: string;
  } = {},
): Promise<DoctorReport> => {
  const { keys = createKeys(), workspace = [workspaceId], dataDir = "/nowhere", ...rest } = options;
  const io = createTestIo();
  const deps = { io, settings: inspectConfig(env), dataDir, keys, ...rest };
  const code = await doctorCommand(deps, { workspace, json: true });
  return { code, text: io.out() + io.err(), ...reportSchema.parse(JSON.parse(io.out())) };
};

/** Settings with which nothing is wrong with a stack. */
export const healthyEnv = ({ redisUrl, sandbox, webhook, sealingKeyText }: Stack): Env => ({
  REDIS_URL: redisUrl,
  BIRD_API_URL: sandbox.url,
  BIRD_ACCESS_KEY: sandbox.accessKey,
  BIRD_ORGANIZATION_ID: sandbox.organizationId,
  WEBHOOK_PUBLIC_URL: webhook.url,
  WEBHOOK_SIGNING_SECRET: signingSecret,
  SEALING_KEYS: sealingKeyText,
  META_APP_ID: sandbox.meta.appId,
  META_APP_SECRET: sandbox.meta.appSecret,
  META_GRAPH_URL: sandbox.meta.graphUrl,
  API_KEYS: `crm:${hashApiKey("key").toString("hex")}:write`,
  NOTIFY_SECRET: `whsec_${Buffer.alloc(32, 1).toString("base64")}`,
});

/** Makes a subscription at the sandbox of a stack; by default the right one. */
export const subscribe = async (
  { sandbox, webhook }: { readonly sandbox: Sandbox; readonly webhook: { readonly url: string } },
  change: Partial<SubscriptionCreate> = {},
): Promise<void> => {
  const client = createBirdClient({
    baseUrl: sandbox.url,
    accessKey: sandbox.accessKey,
    requestTimeoutMs: 2000,
  });
  const subscriptions = createSubscriptions({ client, organizationId: sandbox.organizationId });
  const made = await subscriptions.create(workspaceId, {
    service: "channels",
    event: "channel.created",
    url: `${webhook.url}/webhooks/bird/${workspaceId}`,
    signingKey: workspaceSigningKey(signingSecret, workspaceId),
    eventFilters: [{ key: "platformId", value: "whatsapp" }],
    ...change,
  });
  client.close();
  if (made.kind !== "created") throw new Error(`the sandbox took no subscription: ${JSON.stringify(made)}`);
};

/** A stack whose workspace has no subscription yet. */
export const withDoctorStack = (options: StackOptions, run: (stack: Stack) => Promise<void>): Promise<void> =>
  withStack({ ...options, sandbox: { subscribeAll: undefined, ...options.sandbox } }, run);

/** Something else than Perch that answers HTTP, for the length of a test. */
export const withHttpServer = async (
  answer: RequestListener,
  use: (url: string) => Promise<void>,
): Promise<void> => {
  const server = createServer(answer);
  try {
    await use(`http://127.0.0.1:${await listen(server)}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

/** Something that takes TCP connections, for the length of a test. */
export const withTcpServer = async (
  take: (socket: Socket) => void,
  use: (port: number) => Promise<void>,
): Promise<void> => {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    take(socket);
  });
  try {
    await use(await listen(server));
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
};

/** A port of this machine on which no process listens. */
export const closedPort = async (): Promise<number> => {
  const server = createTcpServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
};

const listen = async (server: Server): Promise<number> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};
