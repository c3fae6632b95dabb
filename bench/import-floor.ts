import { Queue } from "bullmq";
import { ulid } from "ulid";
import { createSeal, generateSealingKey, readSealingKeys } from "../src/queue/secrets/seal.ts";
import { connectRedis } from "../src/redis/connection.ts";

/** The floor of the import benchmark: BullMQ alone adds jobs as large as installs, sealed once and for all. */
const [redisUrl = "", jobs = ""] = process.argv.slice(2);

const groupSize = 250;
const count = Number(jobs);
const client = await connectRedis(redisUrl, { whenAway: "fail", name: "floor" });
const queue = new Queue("bare", { connection: client, prefix: "{bench-import}" });
const seal = createSeal(readSealingKeys(generateSealingKey()));
const sealed = await seal.seal(
  { accessToken: `EAAG${"x".repeat(200)}` },
  { installId: ulid(), workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-000000000000" },
);
const batchId = ulid();

const job = (n: number) => ({
  name: "install",
  data: {
    request: {
      workspaceId: `0b6f2f0c-7d1a-4f0e-9c55-${String(n % 50).padStart(12, "0")}`,
      name: `Acme support ${n}`,
      wabaId: "102290129340398",
      phoneId: String(106540000000000 + n),
      phoneNumber: `+1415${2_000_000 + (n % 7_999_999)}`,
    },
    sealed,
    batchId,
    row: n,
  },
  opts: { jobId: ulid(), priority: 1_000_000, attempts: 8, backoff: { type: "custom" } },
});

for (let first = 0; first < count; first += groupSize) {
  const size = Math.min(groupSize, count - first);
  await queue.addBulk(Array.from({ length: size }, (_, index) => job(first + index)));
}
process.stdout.write(`${await queue.getPrioritizedCount()}\n`);
await queue.close();
await client.quit();
