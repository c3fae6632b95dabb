import assert from "node:assert/strict";
import test from "node:test";
import { createRedisWatch } from "../../../src/queue/redis-state/redis-watch.ts";
import { type RedisFault, redisFault } from "../../../src/redis/errors.ts";

interface Line {
  readonly reason?: string | undefined;
}

const withWatch = async (
  context: test.TestContext,
  faults: (RedisFault | undefined)[],
): Promise<{ readonly lines: Line[]; look(): Promise<void>; refused(fault: RedisFault): void }> => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 0;
  const lines: Line[] = [];
  const write = (fields: object): void => void lines.push(fields);
  const watch = createRedisWatch({
    probe: async () => faults.shift(),
    log: { error: write, info: write },
    now: () => nowMs,
  });
  context.after(watch.close);
  return {
    lines,
    refused: watch.refused,
    look: async () => {
      nowMs += 1000;
      context.mock.timers.tick(1000);
      // The look asks its probe, and goes on behind the answer.
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    },
  };
};

test("bug: a replica is called unreachable for as long as it is one, since that was said first", async (context) => {
  const readOnly = redisFault("read_only");
  const { lines, look, refused } = await withWatch(context, [readOnly, readOnly, undefined]);
  refused(redisFault("unreachable"));
  await look();
  await look();
  assert.deepEqual(
    lines.map(({ reason }) => reason),
    ["unreachable", "read_only"],
  );
  await look();
  assert.equal(lines.length, 3);
});

test("reasons that come by turns are said once a minute each", async (context) => {
  const readOnly = redisFault("read_only");
  const { lines, look, refused } = await withWatch(
    context,
    Array.from({ length: 70 }, () => readOnly),
  );
  for (let second = 0; second < 70; second += 1) {
    refused(redisFault("timeout"));
    await look();
  }
  assert.deepEqual(
    lines.map(({ reason }) => reason),
    ["timeout", "read_only", "timeout", "read_only"],
  );
});
