import type { Batch, BatchStatus } from "../../install/batch.ts";
import { folded, type SearchText } from "../../install/values/search-text.ts";
import type { RedisClient } from "../../redis/client.ts";
import { forgetIds, readIds } from "../../redis/id-set.ts";
import { filteredPage, firstIdOf, ulidMoment, type WalkStep } from "../../redis/paging.ts";
import { isBatchWithin } from "./reach.ts";
import { type BatchFields, batchStatus } from "./view.ts";

interface BatchPage {
  readonly items: readonly Batch[];
  /** Cursor of the next page; undefined at the end. A page may hold fewer items than `limit` and still have a next. */
  readonly nextCursor: string | undefined;
}

/** Which batches a list holds: those that match all members. */
export interface BatchFilter {
  /** Any of these. */
  readonly status?: readonly BatchStatus[] | undefined;
  /** A part of its name, in any case. */
  readonly name?: string | undefined;
  /** In its name, its id or the name of its sender. */
  readonly search?: SearchText | undefined;
  /** Bounds of the time of its first rows, Unix ms. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Only batches whose workspaces are all among these. */
  readonly within?: readonly string[] | undefined;
}

/** Lists batches, newest first. */
export type ListBatches = (
  options: BatchFilter & { readonly limit: number; readonly cursor?: string | undefined },
) => Promise<BatchPage>;

/** Most batches read for one filtered page, and batches read at a time. */
export const batchWalkMax = 5000;
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

  /** Ids and fields of batches of a filter's time, newest first. */
  async function* read({ fromMs, toMs }: BatchFilter, cursor: string | undefined) {
    const oldestId = fromMs === undefined ? "" : firstIdOf(fromMs);
    const bounds = [cursor, ...(toMs === undefined ? [] : [firstIdOf(toMs + 1)])];
    let [last] = bounds.filter((id) => id !== undefined).sort();
    do {
      const before = await idsBefore(last, stride);
      const ids = before.filter((id) => id >= oldestId);
      const loaded = await Promise.all(ids.map(load));
      yield* ids.map((id, at) => ({ id, fields: loaded[at] }));
      last = ids.length < before.length ? undefined : ids.at(-1);
    } while (last !== undefined);
  }

  async function* walk(filter: BatchFilter, cursor: string | undefined): AsyncGenerator<WalkStep<Batch>> {
    for await (const { id, fields } of read(filter, cursor)) {
      const item = fields && fits(id, fields, filter) ? await view(id, fields) : undefined;
      yield { cursor: id, moment: ulidMoment(id), item };
    }
  }

  return ({ limit, cursor, ...filter }) =>
    Object.values(filter).every((each) => each === undefined)
      ? listAll(limit, cursor)
      : filteredPage(walk(filter, cursor), { limit, walkMax: batchWalkMax });
};

const fits = (id: string, fields: BatchFields, { status, name, search, within }: BatchFilter): boolean =>
  (within === undefined || isBatchWithin(fields, within)) &&
  (status === undefined || status.includes(batchStatus(fields))) &&
  (name === undefined || folded(fields.name).includes(folded(name))) &&
  (search === undefined || search.isIn([id, fields.name, fields.requestedBy ?? ""]));
