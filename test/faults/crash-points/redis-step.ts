/** A command as ioredis sends it. */
export interface SentCommand {
  readonly name: string;
  readonly args: readonly unknown[];
}

/**
 * What belongs to no install and may come at any time, so that watching an idle process for a while does not show it
 * all: BullMQ's set-up of a queue, its lock renewal
 * and search for stalled jobs, Perch's chores and errands, how many shards there are, the list of workspaces, figures that are
 * written every few seconds, and a sweep's look at its sets (what it does about what it finds does count).
 */
const background = [
  /^hset (installs|notifications):meta$/,
  /^extendLocks?$/,
  /^moveStalledJobsToWait$/,
  /^zrangebyscore (arrived|doors|outbox|(installs|notifications):(failed|completed))$/,
  /^zremrangebyscore (unmatched|stopped-urls:at|ids:notifications(:pending)?)$/,
  /^zscan installs:(delayed|prioritized)$/,
  /^(lrange \w+:active|hmget installs)$/,
  /^(smembers batches:(open|untold)|h?m?get batch|lrange batch:samples|get batch:\w+|pexpire import:\S+)$/,
  /^perch(Counts|RenewBatch|RenewId|Members|Index)$/,
  /^get shards$/,
  /^(hscan|unlink) stopped-urls$/,
  /^xtrim unreadable$/,
  /^(scan \S+|(exists|set) workspaces:found|zadd workspaces)$/,
  /^perch(LastEvents|CountHour|Refused)$/,
  // What a role checks of Redis once it is up, and a batch that the sweep looks into.
  /^(perch(Clock|Server|RecordSealingKeys|StaleRows)|config GET|[gs]et batches:sweep)$/,
];

/** What runs and sweeps both do, so that how often depends on the clock: it counts as one step. */
const repeated = /^(perchTally|srem batches:untold)$/;

export const isRepeatedStep = (step: string): boolean => repeated.test(step);

/**
 * Names a command as a step of an install's life, without ids: a script by its own name, any other command by
 * the key it is about. Undefined for what is no such step.
 */
export const redisStep = (
  command: SentCommand,
  { prefix, scriptNames }: { readonly prefix: string; readonly scriptNames: ReadonlyMap<string, string> },
): string | undefined => {
  const args = command.args.map(String);
  const isChore = args.some((arg) => /^:(?:chores|errands):/.test(arg.slice(prefix.length)));
  const script = command.name === "evalsha" ? scriptNames.get(args[0] ?? "") : undefined;
  const name = script ?? `${command.name} ${keyRole(args[0] ?? "", prefix)}`.trim();
  return isChore || background.some((pattern) => pattern.test(name)) ? undefined : name;
};

/** Parts of a key that differ from run to run: ids, numbers of windows, and the endings lookups are split by. */
const isId = (part: string): boolean =>
  /^\d+$|^[0-9a-f]{3}$|^[0-9A-HJKMNP-TV-Z]{26}$|^[0-9a-f]{8}-|^\+?\d{6,}$/.test(part);

const keyRole = (key: string, prefix: string): string =>
  key.startsWith(`${prefix}:`)
    ? key
        .slice(prefix.length + 1)
        .split(":")
        .filter((part) => !isId(part))
        .join(":")
    : key;
