import type { RedisClient } from "../../redis/client.ts";
import { readIds } from "../../redis/id-set.ts";

export const pageSize = 500;

/** Ids of a set in leaves, some at a time. */
export async function* idsIn(client: RedisClient, set: string): AsyncGenerator<readonly string[]> {
  for (let bound = "+"; ; ) {
    const ids = await readIds(client, { set, from: bound, limit: pageSize });
    const last = ids.at(-1);
    if (last === undefined) return;
    yield ids;
    bound = `(${last}`;
  }
}

/** Members of a plain sorted set, some at a time; one may come twice. */
export async function* membersOf(client: RedisClient, key: string): AsyncGenerator<readonly string[]> {
  for (let cursor = "0"; ; ) {
    const [next, flat] = await client.zscan(key, cursor, "COUNT", pageSize);
    yield flat.filter((_, place) => place % 2 === 0);
    if (next === "0") return;
    cursor = next;
  }
}
