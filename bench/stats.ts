/**
 * What GET /v1/stats costs: reading it first and again while as many installs wait, and counting
 * the end of an install, and how much memory an hour of counts takes.
 *
 *   npm run bench:stats [installs]
 */
import { ulid } from "ulid";
import { errorCodes } from "../src/install/errors/install-error.ts";
import { timeBoundsMs } from "../src/install/stats.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { createHourlyCounts } from "../src/queue/stats/hourly-counts.ts";
import { createReadStats } from "../src/queue/stats/stats.ts";
import { indexId } from "../src/redis/id-set.ts";
import { median, print, scriptCalls, withRedis } from "./processes.ts";

const installs = Number(process.argv[2] ?? 200_000);
const dayMs = 86_400_000;

await withRedis(async (_redis, client) => {
  const keys = createKeys("{bench}");
  const [seconds] = await client.time();
  const nowMs = Number(seconds) * 1000;
  const ids = Array.from({ length: installs }, (_, n) => ulid(nowMs - dayMs + (n * dayMs) / installs));
  for (let n = 0; n < installs; n += 1000) {
    const some = ids.slice(n, n + 1000);
    await client.zadd(keys.installsIn("delayed"), ...some.flatMap((id, at) => [(nowMs + n + at) * 4096, id]));
    await client.zadd(keys.statuses, ...some.flatMap((id, at) => [1 + (at % 4), id]));
    await Promise.all(
      some.map((id) => indexId(client, { set: keys.installs, id, keptMs: dayMs, oldestId: "0" })),
    );
  }

  const first: number[] = [];
  const again: number[] = [];
  const commandsOf = async (): Promise<number> =>
    Number(/total_commands_processed:(\d+)/.exec(await client.info("stats"))?.[1]);
  const before = await commandsOf();
  const rounds = 20;
  for (let n = 0; n < rounds; n += 1) {
    // Of a process of its own, in which nothing is kept.
    const readStats = createReadStats({ client, keys });
    const time = async (): Promise<number> => {
      const startMs = performance.now();
      await readStats({ hours: 24 });
      return performance.now() - startMs;
    };
    first.push(await time());
    again.push(...(await Promise.all(Array.from({ length: 200 }, time))));
  }
  const commands = ((await commandsOf()) - before) / rounds;
  print(
    `GET /v1/stats of 24 hours at ${installs} waiting installs: ${median(first).toFixed(1)} ms and ${commands.toFixed(0)} commands the first time (those in scripts among them); ${median(again).toFixed(2)} ms each for 200 more at once`,
  );

  const counts = createHourlyCounts({ client, keys });
  const startMs = performance.now();
  for (let n = 0; n < installs; n += 1) {
    counts.countBird(201);
    counts.countEnd({ outcome: "completed", createToEventMs: n % 900 });
  }
  print(`counting an install: ${(((performance.now() - startMs) / installs) * 1000).toFixed(2)} µs`);
  for (const code of errorCodes) counts.countEnd({ outcome: "failed", code });
  for (const bound of timeBoundsMs) counts.countEnd({ outcome: "completed", createToEventMs: bound });
  for (const status of [201, 301, 404, 429, 503, "unanswered", "not_sent", "withheld"] as const)
    counts.countBird(status);
  counts.countEnd({ outcome: "cancelled" });
  const callsBefore = await scriptCalls(client);
  await counts.close();
  const calls = (await scriptCalls(client)) - callsBefore;
  const hour = `${keys.stats}:${Math.floor(nowMs / 3_600_000)}`;
  const [bytes, fields] = [Number(await client.memory("USAGE", hour)), await client.hlen(hour)];
  print(
    `an hour of counts: ${fields} fields in ${bytes} bytes, ${(bytes / fields).toFixed(0)} a field; ${calls} script call for all`,
  );
});
