import type { Batch } from "../../install/batch.ts";
import type { RedisClient } from "../../redis/client.ts";
import { forgetIds, readIds } from "../../redis/id-set.ts";
import { filteredPage, ulidMoment, type WalkStep } from "../../redis/paging.ts";
import { isBatchWithin } from "./reach.ts";
import type { BatchFields } from "./view.ts";

interface BatchPage {
  readonly items: readonly Batch[];
  /** Cursor of the next page; undefined at the end. A page may hold fewer items than `limit` and still have a next. */
  readonly nextCursor: string | undefined;
}

/** Lists batches, newest first. @param options.within Only batches whose workspaces are all among these. */
export type ListBatches = (options: {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly within?: readonly string[] | undefined;
}) => Promise<BatchPage>;

/** Most batches read for one filtered page, and batches read at a time. */
const walkMax = 5000;
const stride = 100;

/** @param deps.key The set of all batches' ids. */
export const createListBatches = (deps: {
  readonly client: RedisClient;
  readonly key: string;
  readonly load: (batchId: string) => Promise<BatchFields | undefined>;
  readonly view: (batchId: string, fields: BatchFields) => Promise<Batch>;
}): ListBatches => {
  const { client, key, load, view } = deps;

  const idsBefore = (cursor: string | undefined, limit: number): Promise<readonly string[]> =>
    readIds(client, { set: key, from: cursor === undefined ? "+" : `(${cursor}`, limit });

  const listAll = async (limit: number, cursor: string | undefined): Promise<BatchPage> => {
    const ids = await idsBefore(cursor, limit);
    const loaded = await Promise.all(ids.map(load));
    const gone = ids.filter((_, index) => loaded[index] === undefined);
    if (gone.length > 0) await forgetIds(client, { set: key, ids: gone });
    const items = await Promise.all(
      ids.map((id, index) => {
        const fields = loaded[index];
        return fields && view(id, fields);
      }),
    );
    return {
      items: items.filter((batch) => batch !== undefined),
      nextCursor: ids.length < limit ? undefined : ids.at(-1),
    };
  };

  async function* walk(
    within: readonly string[],
    cursor: string | undefined,
  ): AsyncGenerator<WalkStep<Batch>> {
    for (let last = cursor; ; ) {
      const ids = await idsBefore(last, stride);
      const loaded = await Promise.all(ids.map(load));
      for (const [at, id] of ids.entries()) {
        const fields = loaded[at];
        const fits = fields !== undefined && isBatchWithin(fields, within);
        yield { cursor: id, moment: ulidMoment(id), item: fits ? await view(id, fields) : undefined };
      }
      last = ids.at(-1);
      if (last === undefined) return;
    }
  }

  return ({ limit, cursor, within }) =>
    within === undefined ? listAll(limit, cursor) : filteredPage(walk(within, cursor), { limit, walkMax });
};
