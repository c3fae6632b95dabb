import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Install } from "../../src/install/install.ts";
import { createProducer, type Producer } from "../../src/producer/producer.ts";
import { connectRedis } from "../../src/queue/connection.ts";
import { createKeys } from "../../src/queue/keys.ts";
import { generateSealingKey } from "../../src/queue/sealing-keys.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";
import type { ChaosOptions } from "./chaos-options.ts";
import { isBadRow } from "./chaos-rows.ts";
import { type Check, isHolding } from "./check.ts";
import { checkOutcome } from "./checks.ts";
import { createEnqueuing } from "./enqueue-all.ts";
import { findSuspects, type Suspect, writeEvidence } from "./evidence.ts";
import { chaosFacts, type Fact } from "./facts.ts";
import { findInClear } from "./find-in-clear.ts";
import { startFleet, workerSkewMs } from "./fleet.ts";
import { createImporting } from "./import-batches.ts";
import { startKilling } from "./killing.ts";
import { startMortalRedis } from "./mortal-redis.ts";
import { openActions } from "./open-actions.ts";
import { createPeople } from "./people.ts";
import { fetchReport } from "./sandbox-report.ts";
import { findSilentEvents } from "./silent-events.ts";
import { createWaiters } from "./waiters.ts";

export interface ChaosResult {
  readonly checks: readonly Check[];
  readonly facts: readonly Fact[];
  /** Installs to look at, with their timelines. */
  readonly suspects: readonly Suspect[];
  /** Where logs, Redis's data and `evidence.json` were left; undefined when all checks hold. */
  readonly evidenceDir: string | undefined;
}

const keys = createKeys("{chaos}");
/** How long events may take to arrive and be consumed once nothing is killed any more. */
const settleMaxMs = 90_000;

/**
 * One chaos run: installs are enqueued and carried out while workers, the webhook and Redis are killed, until
 * all have ended or the time is up; then it looks whether everything that must hold holds.
 */
export const runChaos = async (
  options: ChaosOptions,
  { tell = () => {}, signal = new AbortController().signal }: RunOptions = {},
): Promise<ChaosResult> => {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "perch-chaos-"));
  const redis = await startMortalRedis(dataDir);
  stack.defer(() => redis.stop());
  const redisUrl = redis.url;
  const client = await connectRedis(redisUrl, { whenAway: "wait", name: "chaos" });
  stack.defer(() => client.disconnect());
  const sealingKeys = generateSealingKey();
  const producer = await createProducer({ redisUrl, sealingKeys, prefix: keys.prefix });
  stack.defer(() => producer.close());
  const fleet = await startFleet({ options, dataDir, redis, prefix: keys.prefix, sealingKeys });
  stack.defer(() => fleet.stop());

  const uncaught: string[] = [];
  const onRejection = (reason: unknown): void => void uncaught.push(String(reason));
  process.on("unhandledRejection", onRejection);
  stack.defer(() => void process.off("unhandledRejection", onRejection));

  const startMs = performance.now();
  const timeUp = AbortSignal.any([signal, AbortSignal.timeout(options.limitMs)]);
  const waiters = createWaiters({ producer, deadlineMs: startMs + options.limitMs + settleMaxMs });
  const acting = await openActions({
    ...{ redisUrl, keys, sealingKeys, producer },
    sandboxUrl: fleet.sandboxUrl,
  });
  stack.defer(() => acting[Symbol.asyncDispose]());
  const people = createPeople({ ...acting, producer, options, limitMs: options.limitMs, signal: timeUp });
  /** Of the installs that somebody was told, those that have not ended. */
  const openCount = async (): Promise<number> => {
    const ended = await countEnded(client);
    const { more } = people.counts();
    tell(`${ended} of ${options.installs} and ${more} more ended`);
    return enqueuing.ids.size + more - ended;
  };
  const importing =
    fleet.apiUrl === undefined
      ? undefined
      : createImporting({
          producer,
          client,
          prefix: keys.prefix,
          options,
          apiUrl: fleet.apiUrl,
          signal: timeUp,
        });
  const single = createEnqueuing({
    producer,
    options,
    openCount: () => openCount(),
    onOther: (n, installId) => {
      const isActedOn = people.installIds.has(n);
      if (isActedOn) people.heard(n, installId);
      return isActedOn;
    },
    onAccepted: (n, installId) => {
      people.add(n, installId);
      if (n % Math.max(1, Math.floor(options.installs / options.waiters)) === 0) waiters.add(installId);
    },
    signal: timeUp,
  });
  const enqueuing = importing ?? single;
  const stopKilling = new AbortController();
  const killing = startKilling({ options, members: fleet.mortals, redis, signal: stopKilling.signal });
  await enqueuing.run();
  await people.done();
  while (!timeUp.aborted && (await openCount()) > 0) await pause(100);
  const durationMs = performance.now() - startMs;
  stopKilling.abort();
  await killing;
  await settle(client, fleet.sandboxUrl, timeUp);

  const accepted = allIds(enqueuing.ids, people.installIds);
  const installs = await findAll([...accepted], producer);
  const report = await fetchReport(fleet.sandboxUrl);
  const unmatched = await client.zrange(keys.unmatched, "0", "-1");
  const outcome = {
    asked: options.isBatch ? countGoodRows(options.installs) : options.installs,
    workspaces: options.workspaces,
    ids: enqueuing.ids,
    twice: enqueuing.twice,
    accepted,
    installs,
    people,
    report,
    waits: await waiters.results(),
    arrived: await client.zrange(keys.arrived, "0", "-1"),
    unmatched,
    silent: await findSilentEvents({
      ...{ report, installs, unmatched, seed: options.seed },
      read: async (installId) => JSON.stringify(await producer.installs.timeline(installId)),
    }),
    uncaught,
    inClear: await findInClear(dataDir),
    crashes: fleet.all.reduce((total, member) => total + member.counts().crashes, 0),
  };
  const checks = [...checkOutcome(outcome), ...(importing?.batchChecks(outcome) ?? [])];
  const facts = chaosFacts({
    outcome,
    members: fleet.mortals,
    redis: redis.counts(),
    people: people.counts(),
    skewMs: workerSkewMs(options),
    enqueuing,
    waitsBrokenOff: waiters.brokenOff(),
    durationMs,
  });
  const suspects = await findSuspects(checks, producer);
  if (checks.every(isHolding)) {
    stack.defer(() => rm(dataDir, { recursive: true, force: true }));
    return { checks, facts, suspects, evidenceDir: undefined };
  }
  await writeEvidence(dataDir, { options, checks, facts, suspects });
  return { checks, facts, suspects, evidenceDir: dataDir };
};

interface RunOptions {
  /** Told how far the run is. */
  readonly tell?: (line: string) => void;
  /** Ends the run early, as if its time were up. */
  readonly signal?: AbortSignal;
}

const allIds = (
  ids: ReadonlyMap<number, string>,
  more: ReadonlyMap<number, ReadonlySet<string>>,
): Set<string> => new Set([...ids.values(), ...[...more.values()].flatMap((ofNumber) => [...ofNumber])]);

const countGoodRows = (count: number): number =>
  Array.from({ length: count }, (_, n) => n).filter((n) => !isBadRow(n)).length;

const countEnded = async (client: RedisClient): Promise<number> => {
  const ends = ["completed", "failed"].map((state) => client.zcard(`${keys.prefix}:installs:${state}`));
  return (await Promise.all(ends)).reduce((total, count) => total + count, 0);
};

/** Waits until Bird has no event left to send and none lies unconsumed, or long enough. */
const settle = async (client: RedisClient, sandboxUrl: string, timeUp: AbortSignal): Promise<void> => {
  const deadlineMs = performance.now() + (timeUp.aborted ? 0 : settleMaxMs);
  const isSettled = async (): Promise<boolean> =>
    (await fetchReport(sandboxUrl)).events.pending === 0 && (await client.zcard(keys.arrived)) === 0;
  while (performance.now() < deadlineMs && !(await isSettled())) await pause(500);
};

const findAll = async (ids: readonly string[], producer: Producer): Promise<Map<string, Install>> => {
  const found = new Map<string, Install>();
  for (let first = 0; first < ids.length; first += 500) {
    const installs = await producer.installs.findMany(ids.slice(first, first + 500));
    for (const install of installs) if (install !== undefined) found.set(install.id, install);
  }
  return found;
};
