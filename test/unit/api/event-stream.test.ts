import assert from "node:assert/strict";
import test from "node:test";
import { batchEvent } from "../../../src/api/batches/events.ts";
import { eventsOf } from "../../../src/api/server/event-stream.ts";
import type { Batch } from "../../../src/install/batch.ts";

const batch = (change: Partial<Batch> = {}): Batch => ({
  id: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
  name: "march",
  status: "running",
  rows: 2,
  accepted: 2,
  attached: 0,
  rejected: 0,
  queued: 2,
  awaiting: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  createdAt: "2026-03-01T00:00:00.000Z",
  ...change,
});

const ended = { finishedAt: "2026-03-01T00:01:00.000Z", queued: 0 } as const;

/** The events sent of these looks. */
const sent = async (looks: readonly Batch[], aliveEveryMs = 15_000): Promise<string[]> => {
  async function* states() {
    yield* looks;
  }
  return Array.fromAsync(eventsOf(states(), { toEvent: batchEvent, aliveEveryMs }));
};

const kinds = (pieces: readonly string[]): string[] => pieces.map((piece) => piece.split("\n")[0] ?? "");

test("progress is sent whenever the batch changed, and its end once", async () => {
  const pieces = await sent([
    batch(),
    batch(),
    batch({ completed: 1, queued: 1 }),
    batch({ status: "finished", ...ended }),
    batch(),
  ]);
  assert.deepEqual(kinds(pieces), ["retry: 3000", "event: progress", "event: progress", "event: finished"]);
  assert.ok(pieces.every((piece) => piece.endsWith("\n\n")));
});

test("a cancelled batch is finished once its installs have ended", async () => {
  const pieces = await sent([batch({ status: "cancelled" }), batch({ status: "cancelled", ...ended })]);
  assert.deepEqual(kinds(pieces), ["retry: 3000", "event: progress", "event: finished"]);
});

test("a comment is sent when nothing was sent for a while", async () => {
  const pieces = await sent([batch(), batch(), batch()], 0);
  assert.deepEqual(kinds(pieces), ["retry: 3000", "event: progress", ": still here", ": still here"]);
});

test("nothing is sent of a thing that is not there", async () => {
  assert.deepEqual(await sent([]), []);
});
