/**
 * What an install takes of each process, from enqueue to completed against the sandbox with instant answers, next to bare
 * BullMQ doing two passes a job with the same POST; how many scripts Redis runs for it; and how many a second that is.
 * In the mode `early` the event comes right after the answer, so most installs take one pass; in `late` 150 ms after it,
 * so all take two, as at Bird. Rounds go by turns, and one with other work on the machine is marked.
 *
 *   npm run bench:pipeline -- [installs a round] [rounds] [early|late|both]
 */
import { generateSealingKey } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { watchForeignLoad } from "./foreign-load.ts";
import { median, print, processorMicros, scriptCalls, sum, untilCount, withRedis } from "./processes.ts";
import { type Stack, startBare, startPerch } from "./stack.ts";

const perRound = Number(process.argv[2] ?? 4000);
const rounds = Number(process.argv[3] ?? 3);
const asked = process.argv[4] ?? "both";
const warmUp = Math.ceil(perRound / 2);
const sealingKeys = generateSealingKey();

const modes = [
  { name: "early", channelDelayMs: 0, aims: { total: 1.45 } },
  {
    name: "late",
    channelDelayMs: 150,
    aims: { total: 1.55, worker: 1.15, producer: 2.7, redis: 1.6, webhook: 0.33 },
  },
] as const;

/** How fast a round went, and what one install took. */
interface Round {
  readonly perSecond: number;
  readonly microsEach: ReadonlyMap<string, number>;
  readonly scriptsEach: number;
}

/** Puts a round's installs in after some to warm up, waits until the last is completed, and measures all of it. */
const measure = async (client: RedisClient, name: string, stack: Stack): Promise<Round> => {
  await stack.put(0, warmUp);
  await untilCount(client, stack.completed, warmUp);
  const load = await watchForeignLoad();
  const [before, scriptsBefore] = [await processorMicros(stack.children, client), await scriptCalls(client)];
  const startMs = performance.now();
  await stack.put(warmUp, perRound);
  await untilCount(client, stack.completed, warmUp + perRound);
  const perSecond = perRound / ((performance.now() - startMs) / 1000);
  const [after, scriptsAfter] = [await processorMicros(stack.children, client), await scriptCalls(client)];
  const micros = new Map([...after].map(([role, value]) => [role, value - (before.get(role) ?? 0)] as const));
  const others = await load.end(sum(micros.values()));
  await stack.close();
  await client.flushall();
  const microsEach = new Map([...micros].map(([role, value]) => [role, value / perRound] as const));
  const scriptsEach = (scriptsAfter - scriptsBefore) / perRound;
  const parts = [...microsEach].map(([role, value]) => `${role} ${value.toFixed(0)}`).join(", ");
  const mark =
    others === undefined
      ? ""
      : `; others ${others.processors.toFixed(2)} processors${others.isQuiet ? "" : ", NOT QUIET"}`;
  print(
    `  ${name.padEnd(5)} ${perSecond.toFixed(0).padStart(5)}/s ${total(microsEach).toFixed(0).padStart(5)} µs (${parts}); ${scriptsEach.toFixed(1)} script calls${mark}`,
  );
  return { perSecond, microsEach, scriptsEach };
};

/** Processor time of one install without the sandbox's, which stands for Bird, µs. */
const total = (microsEach: ReadonlyMap<string, number>): number =>
  sum(microsEach.values()) - (microsEach.get("sandbox") ?? 0);

const of = ({ microsEach }: Round, role: string): number => microsEach.get(role) ?? 0;

await withRedis(async (redis, client) => {
  print(
    `${perRound} installs a round after ${warmUp}, ${rounds} rounds, AOF with fsync always, all processes on this machine`,
  );
  for (const { name, channelDelayMs, aims } of modes) {
    if (asked !== "both" && asked !== name) continue;
    print(`event ${channelDelayMs} ms after the answer (${name}):`);
    const pairs: { readonly perch: Round; readonly bare: Round }[] = [];
    for (let n = 0; n < rounds; n += 1) {
      const bare = await measure(client, "bare", await startBare(redis.url, client, { channelDelayMs }));
      const perch = await measure(
        client,
        "perch",
        await startPerch(redis.url, { sealingKeys, channelDelayMs }),
      );
      pairs.push({ perch, bare });
    }
    const report = (what: string, ratioOf: (pair: (typeof pairs)[number]) => number, aim?: number): void => {
      const ratios = pairs.map(ratioOf);
      const range = `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`;
      print(
        `  ${what.padEnd(34)} ${median(ratios).toFixed(2)} (${range})${aim === undefined ? "" : `, aim ${aim}`}`,
      );
    };
    const aimOf = (what: string): number | undefined =>
      Object.entries(aims).find(([key]) => key === what)?.[1];
    report("installs a second, perch / bare", ({ perch, bare }) => perch.perSecond / bare.perSecond);
    report(
      "processor time, perch / bare",
      ({ perch, bare }) => total(perch.microsEach) / total(bare.microsEach),
      aims.total,
    );
    for (const role of ["worker", "producer", "redis"])
      report(`${role}, perch / bare`, ({ perch, bare }) => of(perch, role) / of(bare, role), aimOf(role));
    report(
      "webhook / bare's worker",
      ({ perch, bare }) => of(perch, "webhook") / of(bare, "worker"),
      aimOf("webhook"),
    );
    report("script calls an install", ({ perch }) => perch.scriptsEach, 8.5);
  }
});
