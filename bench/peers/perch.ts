/** Perch's driver: its producer library. Its worker and webhook service are `perch worker` and `perch webhook`. */
import { createProducer } from "../../src/producer/producer.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import { runRole, setting } from "./peer.ts";

await runRole({
  driver: async () => {
    const redisUrl = setting("REDIS_URL");
    const producer = await createProducer({ redisUrl, sealingKeys: setting("SEALING_KEYS") });
    const redis = await connectRedis(redisUrl, { whenAway: "wait", name: "bench" });
    return {
      enqueue: async (installs) => {
        for await (const row of producer.enqueueMany(installs)) {
          if ("errors" in row) throw new Error(JSON.stringify(row.errors));
        }
      },
      completed: () => redis.zcard("{perch}:installs:completed"),
    };
  },
});
