import type { Redis } from "ioredis";
import { createBirdClient } from "../bird/bird-client.ts";
import { birdPath } from "../bird/bird-path.ts";
import type { InspectedConfig } from "../config/config.ts";
import { lazy } from "../lazy.ts";
import { createInstalls } from "../queue/installs/installs.ts";
import type { Keys } from "../queue/keyspace/keys.ts";
import { readRedisInfo } from "../redis/check.ts";
import { serversOf } from "../redis/client.ts";
import { closeRedis, connectRedis } from "../redis/connection.ts";
import {
  type BirdProbe,
  type DoctorContext,
  type DoctorRedis,
  type DoctorServer,
  needSetting,
} from "./context.ts";
import { SkipCheck } from "./skip-check.ts";

/** How many workspaces are checked when none is given. */
const workspacesMax = 5;
/** How many installs are read to find them. */
const installsRead = 100;

export interface DoctorDeps {
  readonly settings: InspectedConfig;
  readonly dataDir: string;
  readonly keys: Keys;
  /** The address of Redis. @throws {SkipCheck} when there is none; an error of the private one, which a check explains. */
  readonly redisUrl: () => Promise<string>;
  /** Those to check, in small letters; empty: those of the newest installs. */
  readonly workspaceIds: readonly string[];
  /** Default: 10 s. */
  readonly timeoutMs?: number | undefined;
  readonly now?: (() => number) | undefined;
}

/** Gives checks their context and closes everything that was opened. */
export const withDoctorContext = async <T>(
  deps: DoctorDeps,
  use: (context: DoctorContext) => Promise<T>,
): Promise<T> => {
  const { settings, dataDir, keys, workspaceIds, timeoutMs = 10_000, now = Date.now } = deps;
  const { config } = settings;
  // Shorter than a check, so that a check still has time to report a request's time-out.
  const requestTimeoutMs = Math.min(config.BIRD_REQUEST_TIMEOUT_MS, timeoutMs / 2);
  await using opened = new AsyncDisposableStack();

  const connect = lazy(async (): Promise<DoctorRedis> => {
    const signal = AbortSignal.timeout(requestTimeoutMs);
    const client = await connectRedis(await deps.redisUrl(), { whenAway: "fail", name: "doctor", signal });
    opened.defer(() => closeRedis(client));
    return { client, servers: await Promise.all(serversOf(client).map(look)) };
  });
  const redis = async (): Promise<DoctorRedis> => {
    try {
      return await connect();
    } catch (error) {
      throw error instanceof SkipCheck ? error : new SkipCheck("Redis cannot be reached.");
    }
  };
  const workspaces = lazy(async () => {
    if (workspaceIds.length > 0) return workspaceIds;
    const { client } = await redis().catch(() => {
      throw new SkipCheck("Without Redis no workspace is known: name one with --workspace.");
    });
    const installs = createInstalls({ client, keys, retentionMs: config.RETENTION_MS });
    const { items } = await installs.list({ limit: installsRead });
    return [...new Set(items.map(({ workspaceId }) => workspaceId))].slice(0, workspacesMax);
  });
  const birdUrl = (): string => {
    if (config.BIRD_ACCESS_KEY === undefined)
      throw new SkipCheck(
        "BIRD_ACCESS_KEY is not set: perch start uses its sandbox, every other role needs it.",
      );
    return needSetting(settings, "BIRD_API_URL");
  };
  const client = createBirdClient({
    baseUrl: config.BIRD_API_URL,
    accessKey: config.BIRD_ACCESS_KEY ?? "",
    requestTimeoutMs,
  });
  opened.defer(async () => client.close());
  const bird = () => {
    birdUrl();
    return client;
  };
  const answers = new Map<string, ReturnType<DoctorContext["listConnectors"]>>();
  return await use({
    ...settings,
    dataDir,
    keys,
    timeoutMs,
    requestTimeoutMs,
    now,
    connect,
    redis,
    workspaces: async () => {
      const found = await workspaces();
      if (found.length === 0) throw new SkipCheck("No install names a workspace: name one with --workspace.");
      return found;
    },
    bird,
    probeBird: lazy(async () => probe(birdUrl(), requestTimeoutMs, now)),
    listConnectors: async (workspaceId) => {
      const path = birdPath`/workspaces/${workspaceId}/connectors`;
      const query = { templateRef: config.BIRD_CONNECTOR_TEMPLATE, limit: 1 };
      const answer = answers.get(workspaceId) ?? bird().send({ method: "GET", path, query });
      answers.set(workspaceId, answer);
      return await answer;
    },
  });
};

const look = async (client: Redis): Promise<DoctorServer> => ({
  name: `${client.options.host}:${client.options.port}`,
  client,
  info: await readRedisInfo(client).catch(() => ({})),
});

const probe = async (url: string, timeoutMs: number, now: () => number): Promise<BirdProbe> => {
  const sentMs = now();
  const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
  const atMs = (sentMs + now()) / 2;
  await response.body?.cancel();
  const dateMs = Date.parse(response.headers.get("date") ?? "");
  return { status: response.status, dateMs: Number.isNaN(dateMs) ? undefined : dateMs, atMs };
};
