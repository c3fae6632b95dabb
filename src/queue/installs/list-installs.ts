import { decodeTime, isValid } from "ulid";
import type { Install } from "../../install/install.ts";
import type { InstallFilter, InstallOrder } from "../../install/install-filter.ts";
import { writtenForms } from "../../install/values/phone-number.ts";
import type { SearchText } from "../../install/values/search-text.ts";
import type { RedisClient } from "../../redis/client.ts";
import { ulidMoment } from "../../redis/paging.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";
import { fits, isOneOf } from "./fits.ts";
import {
  createInstallIndex,
  type InstallIndex,
  type InstallPage,
  type ListFilter,
  newestIdOf,
  oldestIdOf,
  sinceIdOf,
} from "./list.ts";
import { createListByEnd, pageByEnd } from "./list-by-end.ts";

export interface ListOptions extends InstallFilter {
  /**
   * A part of a name, number, id or metadata value. When it is a whole id or number of an install within reach, it is taken
   * for that alone.
   */
  readonly search?: SearchText | undefined;
  /** Its pause has been over for a minute and no worker has taken it; the 10,000 that are due for longest. */
  readonly isStuck?: boolean | undefined;
  /** `updated` lists only what has ended, by its end. Default: by creation. */
  readonly order?: InstallOrder | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Only installs of these workspaces, in lower case. */
  readonly within?: readonly string[] | undefined;
}

export interface ListInstalls {
  /** Ids of installs that a whole id or number names, some of which may be gone; none: it names none, or is neither. */
  lookUp(search: SearchText): Promise<readonly string[]>;
  /** Newest first. */
  list(options: ListOptions): Promise<InstallPage>;
}

/** Most ids one page walks, however few of them fit the filter; fewer by a text, for which each install is read. */
const walkMax = 20_000;
export const textWalkMax = 3000;
const walkMaxOf = ({ name, search }: ListFilter): number =>
  name === undefined && search === undefined ? walkMax : textWalkMax;
/** Ids walked at a time, and installs read at a time. */
const stride = 500;
const groupSize = 100;

export const createListInstalls = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly retentionMs: number;
  readonly now: () => number;
  readonly findMany: (ids: readonly string[]) => Promise<readonly (Install | undefined)[]>;
}): ListInstalls => {
  const { client, keys, now, findMany } = deps;
  const { findShard } = createPlacement({ client, keys });

  /** Installs among `ids` that fit, with the ids of those that are gone dropped from the index. */
  const read = async (
    index: InstallIndex,
    ids: readonly string[],
    filter: ListFilter,
  ): Promise<readonly Install[]> => {
    const found = await findMany(ids);
    await index.forget(
      ids.filter((id, at) => isForgotten(id, found[at], now())),
      filter,
    );
    return found.filter((install) => install !== undefined).filter((install) => fits(install, filter));
  };

  /** Those of `ids` that fit, a group at a time. */
  async function* readFitting(
    index: InstallIndex,
    ids: readonly string[],
    filter: ListFilter,
  ): AsyncGenerator<Install> {
    const possible = await index.narrow(ids, filter);
    for (let first = 0; first < possible.length; first += groupSize)
      yield* await read(index, possible.slice(first, first + groupSize), filter);
  }

  /** Installs that fit, newest first, each with the id from which to go on; ends with an id alone after `walkMax`. */
  async function* walk(
    index: InstallIndex,
    filter: ListFilter,
    cursor: string | undefined,
  ): AsyncGenerator<{ readonly cursor: string; readonly install?: Install }> {
    const candidates = await index.candidates(filter);
    const oldestId = oldestIdOf(filter);
    const sinceId = sinceIdOf(filter);
    const max = walkMaxOf(filter);
    let [last] = [cursor, newestIdOf(filter)].filter((id) => id !== undefined).sort();
    for (let walked = 0; walked < max; walked += stride) {
      const before = await candidates.before(last, stride);
      const ids = before.filter((id) => id >= oldestId);
      let isAnyFitting = false;
      for await (const install of readFitting(index, ids, filter)) {
        isAnyFitting = true;
        yield { cursor: install.id, install };
      }
      last = ids.at(-1);
      if (last === undefined || ids.length < before.length) return;
      // Behind so many that are too old none is young enough.
      if (!isAnyFitting && ids.every((id) => id < sinceId)) return;
    }
    if (last !== undefined) yield { cursor: ulidMoment(last) };
  }

  const indexOf = (shard: Keys): InstallIndex =>
    createInstallIndex({ client, keys: shard, retentionMs: deps.retentionMs, now });

  const listShard = async (
    shard: Keys,
    {
      limit,
      cursor,
      ...filter
    }: ListFilter & { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<InstallPage> => {
    const items: Install[] = [];
    for await (const step of walk(indexOf(shard), filter, cursor)) {
      if (step.install !== undefined) items.push(step.install);
      if (items.length === limit || step.install === undefined) return { items, nextCursor: step.cursor };
    }
    return { items, nextCursor: undefined };
  };

  const lookUp: ListInstalls["lookUp"] = async (search) => {
    const found = await eachShard(keys, (shard) => indexOf(shard).named(search));
    return [...new Set(found.flat())];
  };

  const listByEnd = createListByEnd({ client, keys, findMany, indexOf, textWalkMax, walkMaxOf });

  const list: ListInstalls["list"] = async (options) => {
    const { within, status, phoneNumber, order = "created", limit, cursor, ...others } = options;
    const phoneNumbers = phoneNumber === undefined ? undefined : writtenForms(phoneNumber);
    const statuses = typeof status === "object" ? [...new Set(status)] : [status];
    const workspaceId = others.workspaceId?.toLowerCase();
    const filter = { ...others, phoneNumbers, workspaceId };
    const found = others.search === undefined ? [] : await findMany(await lookUp(others.search));
    const named = found
      .filter((install) => install !== undefined)
      .filter((install) => within === undefined || within.includes(install.workspaceId.toLowerCase()));
    if (named.length > 0) {
      const fitting = named.filter((install) => fits(install, filter) && isOneOf(install, statuses));
      return order === "updated" ? pageByEnd(fitting, { limit, cursor }) : pageOf(fitting, { limit, cursor });
    }
    if (order === "updated") return listByEnd(filter, { statuses, within, limit, cursor });
    const workspaceIds = within?.filter((id) => workspaceId === undefined || id === workspaceId) ?? [
      workspaceId,
    ];
    const pages = await Promise.all(
      workspaceIds.map(async (id) => {
        const shards = id === undefined ? keys.shards : [await findShard(id)];
        return Promise.all(
          shards.flatMap((shard) =>
            statuses.map((one) =>
              listShard(shard, { ...filter, status: one, workspaceId: id, limit, cursor }),
            ),
          ),
        );
      }),
    );
    return joinPages(pages.flat(), limit);
  };
  return { lookUp, list };
};

/** Pages of several lists as one of the list they are together; each is complete down to where it goes on. */
const joinPages = (pages: readonly InstallPage[], limit: number): InstallPage => {
  const completeTo = pages
    .flatMap(({ nextCursor }) => nextCursor ?? [])
    .sort()
    .at(-1);
  // One that changed its status meanwhile may have been read under both.
  const byId = new Map(pages.flatMap((page) => page.items).map((install) => [install.id, install]));
  const items = [...byId.values()]
    .filter(({ id }) => completeTo === undefined || id >= completeTo)
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  const shown = items.slice(0, limit);
  return { items: shown, nextCursor: items.length > limit ? shown.at(-1)?.id : completeTo };
};

/** A page of installs that are all known. */
const pageOf = (
  installs: readonly Install[],
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
): InstallPage => {
  const items = installs.filter(({ id }) => cursor === undefined || id < cursor);
  return joinPages([{ items, nextCursor: undefined }], limit);
};

/** A young id without an install may be one that is just being added, by a process whose clock is behind. */
const youngMs = 3_600_000;

const isForgotten = (id: string, install: Install | undefined, nowMs: number): boolean =>
  install === undefined && isValid(id) && decodeTime(id) < nowMs - youngMs;
