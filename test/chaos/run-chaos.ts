import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createProducer } from "../../src/producer/producer.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import { allIds, findAll } from "./accepted-installs.ts";
import { type ChaosOptions, endsWithinMs, killingMaxMs, settleMaxMs } from "./chaos-options.ts";
import { isBadRow } from "./chaos-rows.ts";
import { type Check, isHolding } from "./check.ts";
import { checkOutcome } from "./checks.ts";
import { createEnqueuing } from "./enqueue-all.ts";
import { findSuspects, type Suspect, writeEvidence } from "./evidence.ts";
import { chaosFacts, type Fact } from "./facts.ts";
import { findInClear } from "./find-in-clear.ts";
import { startFleet } from "./fleet.ts";
import { createImporting } from "./import-batches.ts";
import { hasHappened, startKilling } from "./killing.ts";
import { type MortalRedis, startMortalRedis } from "./mortal-redis.ts";
import { openActions } from "./open-actions.ts";
import { createPeople, type PeopleCounts } from "./people.ts";
import { queueOverview } from "./queue-overview.ts";
import { fetchReport } from "./sandbox-report.ts";
import { findSilentEvents } from "./silent-events.ts";
import { createWaiters } from "./waiters.ts";
import { ChaosHangsError, soonOr, withinLimit } from "./within-limit.ts";

export interface ChaosResult {
  readonly checks: readonly Check[];
  readonly facts: readonly Fact[];
  /** Installs to look at, with their timelines. */
  readonly suspects: readonly Suspect[];
  readonly happened: {
    readonly redis: ReturnType<MortalRedis["counts"]>;
    readonly people: PeopleCounts;
  };
  /** What was under way when the time was up; nothing when the run ended by itself. */
  readonly overview: readonly string[];
  /** Where logs, Redis's data and `evidence.json` were left; undefined when all checks hold. */
  readonly evidenceDir: string | undefined;
}

const keys = createKeys("{chaos}");
/**
 * One chaos run: installs are enqueued and carried out while workers, the webhook and Redis are killed, until
 * all have ended or the time is up; then it looks whether everything that must hold holds.
 */
export const runChaos = async (
  options: ChaosOptions,
  { tell = () => {}, signal = new AbortController().signal }: RunOptions = {},
): Promise<ChaosResult> => {
  const stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "perch-chaos-"));
  let stage = "start";
  let isHanging = false;
  let client: RedisClient | undefined;
  const onHang = async (): Promise<Error> => {
    isHanging = true;
    const nothing = ["Redis does not answer"];
    const overview = client === undefined ? [] : await soonOr(queueOverview(client, keys), nothing);
    return new ChaosHangsError(stage, overview, `Logs and Redis's data: ${dataDir}`);
  };
  const running = carryOut({
    ...{ options, tell, signal, stack, dataDir },
    onStage: (name) => {
      stage = name;
    },
    onClient: (connected) => {
      client = connected;
    },
  });
  try {
    return await withinLimit(running, { limitMs: endsWithinMs(options), onHang });
  } finally {
    const closing = stack.disposeAsync();
    // What hangs may not let itself be closed either.
    await (isHanging ? soonOr(closing, undefined) : closing);
  }
};

const carryOut = async (deps: {
  readonly options: ChaosOptions;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
  /** What was opened is closed with it. */
  readonly stack: AsyncDisposableStack;
  readonly dataDir: string;
  readonly onStage: (name: string) => void;
  readonly onClient: (client: RedisClient) => void;
}): Promise<ChaosResult> => {
  const { options, tell, signal, stack, dataDir, onStage } = deps;
  const redis = await startMortalRedis(dataDir);
  stack.defer(() => redis.stop());
  const redisUrl = redis.url;
  const client = await connectRedis(redisUrl, { whenAway: "wait", name: "chaos" });
  stack.defer(() => client.disconnect());
  deps.onClient(client);
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
  const broken = new AbortController();
  const timeUp = AbortSignal.any([signal, broken.signal, AbortSignal.timeout(options.limitMs)]);
  const stopKilling = new AbortController();
  const noMore = AbortSignal.any([stopKilling.signal, AbortSignal.timeout(killingMaxMs(options))]);
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
          onAccepted: people.add,
          signal: timeUp,
        });
  const single = createEnqueuing({
    producer,
    options,
    openCount: () => openCount(),
    hasHappened: () => noMore.aborted || hasHappened(options, redis.counts()),
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
  const killing = startKilling({ options, members: fleet.mortals, redis, signal: noMore });
  // A Redis that does not come back: nothing more can happen.
  killing.catch(() => broken.abort());
  onStage("enqueue");
  await enqueuing.run();
  onStage("people");
  await people.done();
  onStage("wait for the last to end");
  while (!timeUp.aborted && (await openCount()) > 0) await pause(100);
  onStage("read the batches' results");
  await importing?.collect();
  const durationMs = performance.now() - startMs;
  const overview = timeUp.aborted ? await soonOr(queueOverview(client, keys), ["Redis does not answer"]) : [];
  stopKilling.abort();
  onStage("end the killing");
  await killing;
  onStage("wait for the last events");
  await settle(client, fleet.sandboxUrl, timeUp);

  onStage("read what came of it");
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
  const happened = { redis: redis.counts(), people: people.counts() };
  const facts = chaosFacts({
    outcome,
    members: fleet.mortals,
    ...happened,
    skew: fleet.skew,
    enqueuing,
    waitsBrokenOff: waiters.brokenOff(),
    durationMs,
  });
  const suspects = await findSuspects(checks, producer);
  if (checks.every(isHolding)) {
    // What was killed may just be writing its last file.
    stack.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
    return { checks, facts, suspects, overview, happened, evidenceDir: undefined };
  }
  await writeEvidence(dataDir, { options, checks, facts, suspects, overview });
  return { checks, facts, suspects, overview, happened, evidenceDir: dataDir };
};

interface RunOptions {
  /** Told how far the run is. */
  readonly tell?: (line: string) => void;
  /** Ends the run early, as if its time were up. */
  readonly signal?: AbortSignal;
}

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
