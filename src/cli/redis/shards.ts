import { plural } from "../../install/values/shown-text.ts";
import type { ShardOverview, ShardUser } from "../../queue/keyspace/shard-users.ts";
import { needlessShards, shardsMax } from "../../queue/keyspace/shards.ts";
import { confirmOrExit } from "../terminal/confirm.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";

export interface ShardsArgs {
  readonly grow?: number | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

interface Deps {
  readonly io: Io;
  readonly readOverview: () => Promise<ShardOverview>;
  /** Registers this number of shards. */
  readonly grow: (shards: number) => Promise<void>;
}

/** `perch shards`: prints the number of shards, which processes use how many, and what each holds; increases the number. */
export const shardsCommand = async ({ io, readOverview, grow }: Deps, args: ShardsArgs): Promise<number> => {
  const before = await readOverview();
  if (args.grow !== undefined) {
    const refusal = await growTo({ io, grow }, { ...args, shards: args.grow, before });
    if (refusal !== undefined) return refusal;
  }
  const now = args.grow === undefined ? before : await readOverview();
  if (args.json) printJson(io, resourceOf(now));
  else for (const line of linesOf(now)) printLine(io, line);
  for (const warning of warningsOf(now)) printNote(io, warning);
  return exitCode.done;
};

/** @returns undefined to continue, or the exit code. */
const growTo = async (
  { io, grow }: Pick<Deps, "io" | "grow">,
  { shards, before, yes }: { readonly shards: number; readonly before: ShardOverview; readonly yes: boolean },
): Promise<number | undefined> => {
  if (shards < 1 || shards > shardsMax) {
    printNote(io, `--grow must be a number from 1 to ${shardsMax}.`);
    return exitCode.wrongUsage;
  }
  if (shards < before.shards) {
    printNote(
      io,
      `There are ${before.shards} shards, and --grow only adds. The number decreases by itself when a process starts with a smaller SHARDS and the other shards are empty.`,
    );
    return exitCode.failed;
  }
  if (shards === before.shards) return undefined;
  const behind = before.users.filter((user) => user.shards < shards);
  const question = `Grow from ${before.shards} to ${shards} shards? ${
    behind.length === 0
      ? "Every process that runs with fewer"
      : `These, and every other process that runs with fewer (${behind.map(nameOf).join(", ")}),`
  } takes no more requests, events or chores until it is started again with SHARDS=${shards}.`;
  const refusal = await confirmOrExit(io, { question, yes });
  if (refusal !== undefined) return refusal;
  await grow(shards);
  return undefined;
};

/** One overview, as `--json` prints it. */
const resourceOf = (overview: ShardOverview) => ({
  shards: overview.shards,
  here: overview.here,
  cluster: overview.isCluster,
  installs: overview.installs,
  processes: overview.users,
  warnings: warningsOf(overview),
});

const linesOf = ({ shards, here, installs, users }: ShardOverview): readonly string[] => [
  `${plural(shards, "shard")}; SHARDS is ${here} here.`,
  ...installs.map((count, shard) => `  shard ${shard}: ${plural(count, "install")}`),
  users.length === 0
    ? "No process has said in the last minute that it uses them."
    : "Processes that said so in the last minute:",
  ...users.map((user) => `  ${nameOf(user)}: SHARDS=${user.shards}`),
];

const nameOf = ({ role, host, processId }: ShardUser): string => `${role} ${host}:${processId}`;

const warningsOf = ({ shards, here, users, isCluster }: ShardOverview): readonly string[] => {
  const different = users.filter((user) => user.shards !== shards);
  return [
    ...(shards > 1 && !isCluster ? [needlessShards] : []),
    ...(different.length > 0
      ? [
          `Start these with SHARDS=${shards}, the same for every process: ${different.map(nameOf).join(", ")}.`,
        ]
      : []),
    ...(here < shards ? [`SHARDS is ${here} here: set SHARDS=${shards}.`] : []),
  ];
};
