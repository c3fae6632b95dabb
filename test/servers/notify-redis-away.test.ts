import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { createInstalls } from "../../src/queue/installs/installs.ts";
import { createOutbox } from "../../src/queue/outbox/outbox.ts";
import { withNotify } from "../integration/notify-fixture.ts";
import { startPrivateRedis, withPrivateRedis } from "../integration/private-redis.ts";
import { until } from "../support/until.ts";

test("Redis being killed loses no notification and no outcome in the outbox", () =>
  withPrivateRedis(({ url: redisUrl, dataDir }) =>
    withNotify(
      async ({ client, keys, notifications, receiver, start, announce }) => {
        let isTaking = false;
        const { url, received } = await receiver((response) =>
          response.writeHead(isTaking ? 200 : 500).end(),
        );
        await start({}, { scheduleMs: Array.from({ length: 1000 }, () => 20) });
        const ids = [await announce(url, "i1"), await announce(url, "i2")];
        const installs = createInstalls({ client, keys, retentionMs: 60_000 });
        const now = () => Date.now() + 10_000;
        const outbox = createOutbox({ client, keys, notifications, installs, notifyUrl: url, now });
        await outbox.add("i3");
        await until("requests have failed", async () => received.length > 4);

        process.kill(Number(await readFile(join(dataDir, "redis/redis.pid"), "utf8")), "SIGKILL");
        await until("the loss is noticed", async () => client.status !== "ready");
        await startPrivateRedis(dataDir);
        assert.deepEqual(await client.zrange(keys.outbox, "0", "-1"), ["i3"]);
        isTaking = true;
        // A delivery that Redis gave out in its last moment, without its answer arriving, waits for its lock to expire (30 s).
        for (const id of ids)
          await until(
            `${id} is delivered`,
            async () => (await notifications.find(id))?.status === "delivered",
            60,
          );
      },
      { redisUrl },
    ),
  ));
