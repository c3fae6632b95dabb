import assert from "node:assert/strict";
import test from "node:test";
import { openWait } from "../../src/producer/wait-for.ts";
import { toServer } from "../support/redis.ts";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

test("an end is heard that came before the first event was read and while the connection was lost", () =>
  withStack({ startsPaused: true, shards: 1 }, async ({ client, keys, producer, redisUrl }) => {
    const { install } = await producer.enqueue(installRequest(1));
    let isOver = false;
    const find: typeof producer.installs.find = async (id) => {
      const found = await producer.installs.find(id);
      return found && { ...found, status: isOver ? "cancelled" : "queued" };
    };
    const server = toServer(client);
    const before = await blockedReaders(server);
    const wait = await openWait(redisUrl, keys, { ...producer.installs, find });
    try {
      const waited = wait.waitFor(install.id, { timeoutMs: 60_000 });
      const [reader] = await until("it listens", async () => {
        const readers = (await blockedReaders(server)).filter((id) => !before.includes(id));
        return readers.length > 0 && readers;
      });
      assert.ok(reader !== undefined);
      isOver = true;
      const startedAtMs = performance.now();
      await server
        .multi()
        .client("KILL", "ID", reader)
        .xadd(keys.events, "*", "event", "failed", "jobId", install.id, "failedReason", "cancelled")
        .exec();
      assert.equal((await waited).status, "cancelled");
      assert.ok(performance.now() - startedAtMs < 4000, "by the event, not by the look every five seconds");
    } finally {
      await wait.close();
    }
  }));

/** Ids of the clients that wait for a stream's next entry. */
const blockedReaders = async (server: ReturnType<typeof toServer>): Promise<readonly string[]> =>
  String(await server.client("LIST"))
    .split("\n")
    .filter((line) => / cmd=xread /.test(line))
    .flatMap((line) => /\bid=(\d+)/.exec(line)?.slice(1) ?? []);
