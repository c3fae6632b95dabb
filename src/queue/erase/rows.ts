import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { writeRecord } from "../batches/rows.ts";
import type { Keys } from "../keyspace/keys.ts";
import { namesNumber } from "./names-number.ts";
import { idsIn, pageSize } from "./walk.ts";

/** Replaces what a rejected row of a batch held; the row stays. Answers 1, or 0 when it is gone. */
export const blankRow = defineScript({
  name: "perchBlank",
  keys: ["rejects"],
  args: ["row", "record"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('HEXISTS', rejects, row) == 0 then return 0 end
redis.call('HSET', rejects, row, record)
return 1`,
});

const blank = writeRecord({ errors: [{ path: "", message: "was erased" }], input: {} });

/** Blanks the rejected rows that name a number, forgets what rows kept of their input, and returns how many were blanked. */
export const eraseRows = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  forms: readonly string[],
): Promise<number> => {
  const home = keys.home();
  let erased = 0;
  for await (const batchIds of idsIn(client, home.batches)) {
    for (const batchId of batchIds) {
      const rejects = `${home.batch(batchId)}:rejects`;
      for (const row of await rowsNaming(client, rejects, forms))
        erased += await blankRow(client, { rejects, row, record: blank });
      const own = `${home.batch(batchId)}:own`;
      const rows = await rowsNaming(client, own, forms);
      if (rows.size > 0) await client.hdel(own, ...rows);
    }
  }
  return erased;
};

const rowsNaming = async (
  client: RedisClient,
  rejects: string,
  forms: readonly string[],
): Promise<ReadonlySet<string>> => {
  const rows = new Set<string>();
  for (let cursor = "0"; ; ) {
    const [next, flat] = await client.hscan(rejects, cursor, "COUNT", pageSize);
    for (let at = 0; at < flat.length; at += 2)
      if (namesNumber(flat[at + 1] ?? "", forms)) rows.add(flat[at] ?? "");
    if (next === "0") return rows;
    cursor = next;
  }
};
