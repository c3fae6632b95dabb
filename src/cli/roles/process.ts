import type { Config } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import { useShards } from "../../queue/keyspace/shard-users.ts";
import { openMetrics } from "../../roles/metrics.ts";
import { connectRole } from "../../roles/role.ts";
import { openRedis } from "../open/open-redis.ts";
import { openTraces } from "../open/open-traces.ts";
import { untilStopped } from "../terminal/until-stopped.ts";

/** What the command of a role is given. */
export interface RoleCommandDeps {
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Logger;
  readonly version: string;
}

interface ProcessOptions {
  /** Names it in `perch shards` and in traces. */
  readonly name: "start" | "api" | "worker" | "webhook";
  /** Whose connection the process's metrics use, too. */
  readonly connects: Parameters<typeof connectRole>[0];
  /** Its metrics show the fleet; its Redis user may read what that takes. */
  readonly readsFleet: boolean;
}

type RoleProcess = Awaited<ReturnType<typeof openProcess>>;

/** Opens what a process of any role has: traces, Redis, its first role's connection, and metrics. `opened` closes it. */
export const openProcess = async (
  opened: AsyncDisposableStack,
  deps: RoleCommandDeps,
  { name, connects, readsFleet }: ProcessOptions,
) => {
  const { log, version } = deps;
  const traces = await openTraces({ ...deps, role: name === "start" ? "perch" : `perch-${name}` });
  opened.defer(async () => traces?.close());
  const { url: redisUrl, keys, isEmbedded, close } = await openRedis({ ...deps, shards: "register" });
  opened.defer(close);
  const base = { redisUrl, keys, traces, log, opened };
  const connection = await connectRole(connects, base);
  const metrics = openMetrics({ ...base, connection }, { version, readsFleet });
  opened.defer(useShards({ client: connection.client, keys, role: name }).stop);
  return { role: { ...base, metrics }, connection, isEmbedded };
};

/** Runs a command that starts roles: until it is told to stop. */
export const runProcess = async (
  deps: RoleCommandDeps,
  options: ProcessOptions,
  start: (opened: RoleProcess) => Promise<void>,
): Promise<number> => {
  await using opened = new AsyncDisposableStack();
  await start(await openProcess(opened, deps, options));
  const running = opened.move();
  await untilStopped(deps.log, () => running.disposeAsync());
  return 0;
};
