import { Session } from "node:inspector/promises";
import { useShards } from "../../queue/keyspace/shard-users.ts";
import { openMetrics } from "../../roles/metrics.ts";
import { connectRole } from "../../roles/role.ts";
import { type CommandDeps, createContext } from "../open/context.ts";
import { untilStopped } from "../terminal/until-stopped.ts";

/** What the command of a role takes. */
export interface RoleCommandDeps extends CommandDeps {
  readonly version: string;
}

interface ProcessOptions {
  /** Names it in `perch shards` and in traces. */
  readonly name: "start" | "api" | "worker" | "webhook" | "connect";
  /** The role whose connection the process's metrics use, too. */
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
  const { openTraces, ...context } = createContext({ ...deps, shards: "register" }, opened);
  const traces = await openTraces(name === "start" ? "perch" : `perch-${name}`);
  const { url: redisUrl, keys, isEmbedded } = await context.redis();
  const base = { redisUrl, keys, traces, log, opened };
  const connection = await connectRole(connects, base);
  const metrics = openMetrics({ ...base, connection }, { version, readsFleet });
  opened.defer(useShards({ client: connection.client, keys, role: name }).stop);
  const { sealingKeys, seal } = context;
  return { role: { ...base, metrics }, connection, isEmbedded, sealingKeys, seal };
};

/** Runs a command that starts roles, until the process is stopped. */
export const runProcess = async (
  deps: RoleCommandDeps,
  options: ProcessOptions,
  start: (opened: RoleProcess) => Promise<void>,
): Promise<number> => {
  await using opened = new AsyncDisposableStack();
  await start(await openProcess(opened, deps, options));
  await collectGarbage();
  const running = opened.move();
  await untilStopped(deps.log, () => running.disposeAsync());
  return 0;
};

/**
 * Gives back what loading the program left behind, a third of an idle role's memory, which V8 keeps until the heap first
 * fills. The session is within the process: nothing listens.
 */
const collectGarbage = async (): Promise<void> => {
  const session = new Session();
  session.connect();
  await session.post("HeapProfiler.collectGarbage");
  session.disconnect();
};
