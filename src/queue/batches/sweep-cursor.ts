import { z } from "zod";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";

/** Where the next sweep of batches goes on; in Redis, because each sweep may run in another process. */
const sweepCursorSchema = z.object({
  /** The batch visited last. */
  visited: z.string().catch(""),
  /** The batch whose rows are compared next, and its row to continue from. */
  batchId: z.string().catch(""),
  row: z.number().int().min(1).catch(1),
});

export type SweepCursor = Readonly<z.infer<typeof sweepCursorSchema>>;

const start: SweepCursor = { visited: "", batchId: "", row: 1 };

/** Long enough for a fleet that restarts; without it, the sweep begins with the first row. */
const keptMs = 3_600_000;

export const createSweepCursor = (deps: { readonly client: RedisClient; readonly keys: Keys }) => {
  const { client } = deps;
  const { batchSweep } = deps.keys.home();
  return {
    read: async (): Promise<SweepCursor> =>
      sweepCursorSchema.safeParse(jsonOrUndefined(await client.get(batchSweep))).data ?? start,
    write: async (cursor: SweepCursor): Promise<void> => {
      await client.set(batchSweep, JSON.stringify(cursor), "PX", keptMs);
    },
  };
};
