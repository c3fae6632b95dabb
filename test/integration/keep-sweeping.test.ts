import assert from "node:assert/strict";
import test from "node:test";
import { type ChoresQueue, createChoresQueue } from "../../src/queue/maintenance/chores.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const dayMs = 24 * 3_600_000;

const nextMs = async (chores: ChoresQueue): Promise<number> =>
  (await chores.getJobScheduler("sweep"))?.next ?? Number.POSITIVE_INFINITY;

/** Resolves once one sweep after the other is planned, none of them far off. */
const untilSwept = async (chores: ChoresQueue): Promise<void> => {
  const seen = new Set<number>();
  await until("sweeps follow each other", async () => {
    const next = await nextMs(chores);
    if (next < Date.now() + 10_000) seen.add(next);
    return seen.size > 3;
  });
};

/** A worker sweeps, something goes wrong, and it goes on all the same. Returns what was logged. */
const withSweeps = async (spoil: (stack: Stack, chores: ChoresQueue) => Promise<void>): Promise<string> => {
  const lines: string[] = [];
  await withStack({ startsPaused: true, onLogLine: (line) => lines.push(line) }, async (stack) => {
    const chores = createChoresQueue(stack);
    await stack.startAnotherWorker();
    await untilSwept(chores);
    await spoil(stack, chores);
    await untilSwept(chores);
    await chores.close();
  });
  return lines.join("");
};

test("bug: sweeps end for ever once Redis has lost what plans them", async () => {
  const log = await withSweeps(async (_, chores) => {
    await chores.removeJobScheduler("sweep");
  });
  assert.match(log, /"reason":"missing".*planned again/);
});

test("bug: sweeps end for ever once Redis has lost the job of the next", async () => {
  const log = await withSweeps(async ({ client, keys }, chores) => {
    await until("the next sweep is lost before it comes", async () => {
      const id = `repeat:sweep:${await nextMs(chores)}`;
      const isLost = (await client.zrem(`${keys.home().prefix}:chores:delayed`, id)) === 1;
      if (isLost) await client.del(`${keys.home().prefix}:chores:${id}`);
      return isLost;
    });
  });
  assert.match(log, /"reason":"missing".*planned again/);
});

test("bug: a worker whose clock is a day ahead stops all sweeps for a day once it is gone", async () => {
  const log = await withSweeps(async (_, chores) => {
    await until("the next sweep is a day away", async () => {
      await chores.removeJobScheduler("sweep");
      const plan = { every: 200, startDate: Date.now() + dayMs };
      await chores.upsertJobScheduler("sweep", plan, { name: "sweep", data: { kind: "sweep" } });
      return (await nextMs(chores)) > Date.now() + dayMs / 2;
    });
  });
  assert.match(log, /planned again/);
});
