/**
 * What metrics cost: the hooks of one install that completes by its event, in microseconds, and one scrape while as many
 * installs wait and 400 run.
 *
 *   npm run bench:metrics [installs] [rounds]
 */
import { createMetrics } from "../src/metrics/metrics.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { createReadFleet } from "../src/queue/maintenance/fleet-state.ts";
import { median, print, withRedis } from "./processes.ts";

const installs = Number(process.argv[2] ?? 200_000);
const rounds = Number(process.argv[3] ?? 5);

await withRedis(async (_redis, client) => {
  const keys = createKeys("{bench}");
  const metrics = createMetrics({ version: "bench", client, readFleet: createReadFleet({ client, keys }) });
  const { observer: worker } = metrics.forWorker();
  const webhook = metrics.forWebhook();

  const passage = { kind: "go", lockMs: 1, create: { phoneNumber: "", atMs: 1, by: "" } } as const;

  /** Both runs of an install, and its event. */
  const one = (n: number): void => {
    worker.onGate({ workspaceId: "", passage });
    worker.onBird({ operation: "create_connector", status: 201, elapsedMs: n % 300 });
    worker.onRunEnd({ end: "park" });
    webhook.eventStored("matched");
    webhook.answered(200, n % 20);
    worker.onRunEnd({ end: "complete" });
    worker.onEnd({
      end: {
        outcome: "completed",
        stages: [
          ["enqueue_to_create", n % 5000],
          ["total", n % 9000],
          ["create_to_event", n % 900],
          ["event_to_completed", n % 50],
        ],
      },
    });
  };

  const perInstall = Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    for (let n = 0; n < installs; n += 1) one(n);
    return ((performance.now() - startMs) / installs) * 1000;
  });
  print(`hooks of an install: ${median(perInstall).toFixed(2)} µs`);

  for (let n = 0; n < installs; n += 1000) {
    const ids = Array.from({ length: 1000 }, (_, at) => `install-${n + at}`);
    await client.zadd(keys.statuses, ...ids.flatMap((id, at) => [1 + (at % 5), id]));
    await client.zadd(keys.installsIn("delayed"), ...ids.flatMap((id) => [n, id]));
  }
  await client.lpush(keys.installsIn("active"), ...Array.from({ length: 400 }, (_, n) => `install-${n}`));

  const scrapes: number[] = [];
  for (let n = 0; n < 200; n += 1) {
    const startMs = performance.now();
    await metrics.expose();
    scrapes.push(performance.now() - startMs);
  }
  const readFleet = createReadFleet({ client, keys });
  const reads: number[] = [];
  for (let n = 0; n < 200; n += 1) {
    const startMs = performance.now();
    await readFleet();
    reads.push(performance.now() - startMs);
  }
  const { text } = await metrics.expose();
  print(
    `a scrape: ${median(scrapes).toFixed(2)} ms and ${text.length} bytes, its look at Redis ${median(reads).toFixed(2)} ms`,
  );
  metrics.close();
});
