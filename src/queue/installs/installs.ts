import { decodeTime, isValid } from "ulid";
import { InstallNotFoundError } from "../../install/errors.ts";
import { type Install, type InstallStatus, isEnded, type TimelineEntry } from "../../install/install.ts";
import { isoTime } from "../../install/shown-text.ts";
import type { RedisClient } from "../../redis/client.ts";
import { ulidMoment } from "../../redis/paging.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";
import type { InstallData } from "./data.ts";
import { createInstallIndex, type InstallFilter, type InstallIndex, oldestIdOf } from "./list.ts";
import { askedText, boundText, matchedText, readTimeline } from "./timeline.ts";
import { installFields, readInstallData, readInstallFields, viewInstall } from "./view.ts";

/** @throws {InstallNotFoundError} */
export const findOrThrow = async (installs: Pick<Installs, "find">, installId: string): Promise<Install> => {
  const install = await installs.find(installId);
  if (install === undefined) throw new InstallNotFoundError(installId);
  return install;
};

interface InstallPage {
  readonly items: readonly Install[];
  /** Where to go on; undefined at the end. A page may hold fewer items than asked for and still go on. */
  readonly nextCursor: string | undefined;
}

/** Looks at installs; changes nothing. */
export interface Installs {
  find(installId: string): Promise<Install | undefined>;
  /** In the order asked for; undefined where there is none (any more). */
  findMany(installIds: readonly string[]): Promise<readonly (Install | undefined)[]>;
  timeline(installId: string): Promise<readonly TimelineEntry[]>;
  /**
   * Newest first. @param options.status One, or several of which an install has any. @param options.within Only installs of
   * these workspaces, in lower case.
   */
  list(
    options: Omit<InstallFilter, "status"> & {
      readonly status?: InstallStatus | readonly InstallStatus[] | undefined;
      readonly limit: number;
      readonly cursor?: string | undefined;
      readonly within?: readonly string[] | undefined;
    },
  ): Promise<InstallPage>;
}

/** Most ids one page walks, however few of them fit the filter; fewer by name, for which each install is read. */
const walkMax = 20_000;
export const nameWalkMax = 5000;
/** Ids walked at a time, and installs read at a time. */
const stride = 500;
const groupSize = 100;

export const createInstalls = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  /** How long ended installs stay, ms. */
  readonly retentionMs: number;
  readonly now?: () => number;
}): Installs => {
  const { client, keys } = deps;
  const now = deps.now ?? Date.now;
  const { findShard } = createPlacement({ client, keys });

  /** An install and what it was read from. */
  const load = async (id: string) => {
    const shard = keys.ofInstall(id);
    const [values, isRunning] = await Promise.all([
      client.hmget(shard.job(id), ...installFields),
      client.exists(shard.lock(id)),
    ]);
    const fields = readInstallFields(values);
    return fields && { fields, install: viewInstall(id, fields, isRunning === 1) };
  };

  const find = async (id: string): Promise<Install | undefined> => (await load(id))?.install;
  const findMany = (ids: readonly string[]) => Promise.all(ids.map(find));

  const timeline = async (id: string): Promise<readonly TimelineEntry[]> => {
    const [loaded, lines] = await Promise.all([load(id), client.lrange(keys.ofInstall(id).logs(id), 0, -1)]);
    if (loaded === undefined) return [];
    return fullTimeline(loaded.install, readInstallData(loaded.fields), readTimeline(lines));
  };

  /** Installs among `ids` that fit, with the ids of those that are gone dropped from the index. */
  const read = async (
    index: InstallIndex,
    ids: readonly string[],
    filter: InstallFilter,
  ): Promise<readonly Install[]> => {
    const found = await findMany(ids);
    await index.forget(
      ids.filter((id, at) => isForgotten(id, found[at], now())),
      filter,
    );
    if (filter.status === "held" || filter.status === "retrying")
      await index.forgetParked(ids.filter((_, at) => hasMovedOn(found[at])));
    return found.filter((install) => install !== undefined).filter((install) => fits(install, filter));
  };

  /** Installs that fit, newest first, each with the id from which to go on; ends with an id alone after `walkMax`. */
  async function* walk(
    index: InstallIndex,
    filter: InstallFilter,
    cursor: string | undefined,
  ): AsyncGenerator<{ readonly cursor: string; readonly install?: Install }> {
    const candidates = await index.candidates(filter);
    const oldestId = oldestIdOf(filter);
    const max = filter.name === undefined ? walkMax : nameWalkMax;
    let last = cursor;
    for (let walked = 0; walked < max; walked += stride) {
      const before = await candidates.before(last, stride);
      const ids = before.filter((id) => id >= oldestId);
      const possible = await index.narrow(ids, filter);
      for (let first = 0; first < possible.length; first += groupSize) {
        const fitting = await read(index, possible.slice(first, first + groupSize), filter);
        yield* fitting.map((install) => ({ cursor: install.id, install }));
      }
      last = ids.at(-1);
      if (last === undefined || ids.length < before.length) return;
    }
    if (last !== undefined) yield { cursor: ulidMoment(last) };
  }

  const listShard = async (
    shard: Keys,
    {
      limit,
      cursor,
      ...filter
    }: InstallFilter & { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<InstallPage> => {
    const items: Install[] = [];
    const index = createInstallIndex({ client, keys: shard, retentionMs: deps.retentionMs, now });
    for await (const step of walk(index, filter, cursor)) {
      if (step.install !== undefined) items.push(step.install);
      if (items.length === limit || step.install === undefined) return { items, nextCursor: step.cursor };
    }
    return { items, nextCursor: undefined };
  };

  const list: Installs["list"] = async ({ within, status, ...asked }) => {
    const statuses = typeof status === "object" ? [...new Set(status)] : [status];
    const workspaceId = asked.workspaceId?.toLowerCase();
    const workspaceIds = within?.filter((id) => workspaceId === undefined || id === workspaceId) ?? [
      workspaceId,
    ];
    const pages = await Promise.all(
      workspaceIds.map(async (id) => {
        const shards = id === undefined ? keys.shards : [await findShard(id)];
        return Promise.all(
          shards.flatMap((shard) =>
            statuses.map((one) => listShard(shard, { ...asked, status: one, workspaceId: id })),
          ),
        );
      }),
    );
    return joinPages(pages.flat(), asked.limit);
  };
  return { find, findMany, timeline, list };
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

/**
 * Merges the timeline's lines with the milestones in an install's data. Milestones of every install are not logged:
 * at a million waiting installs one line each would take 300 MB of Redis.
 */
const fullTimeline = (
  install: Install,
  data: InstallData,
  logged: readonly TimelineEntry[],
): TimelineEntry[] => {
  const { connectorId, waiting, adopted, requestedBy } = data;
  const bound =
    connectorId === undefined || waiting === undefined
      ? []
      : [
          {
            at: isoTime(waiting.sinceMs),
            what: boundText(adopted === true),
            connectorId,
          },
        ];
  const { completedAt, completedBy } = install;
  const polls = waiting?.polls === undefined ? {} : { polls: waiting.polls };
  // The line has Redis's time and the end BullMQ's, which is a worker's: what is matched is so before the end all the same.
  const matchedAt = logged.findLast(({ what }) => what === matchedText)?.at ?? "";
  const endedAt = [completedAt ?? "", matchedAt].sort().at(-1) ?? "";
  const asked = completedBy === "poll" ? [{ at: endedAt, what: askedText(true) }] : [];
  const ended =
    completedAt === undefined
      ? []
      : [
          ...asked,
          {
            at: endedAt,
            what: "completed",
            ...(completedBy !== undefined && { completedBy }),
            ...polls,
          },
        ];
  const queued = { at: install.createdAt, what: "queued", ...(requestedBy !== undefined && { requestedBy }) };
  // A stable sort: entries of one millisecond keep this order, with the end last.
  const steps = [queued, ...bound, ...logged, ...ended];
  return steps.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
};

/** A young id without an install may be one that is just being added, by a process whose clock is behind. */
const youngMs = 3_600_000;

const isForgotten = (id: string, install: Install | undefined, nowMs: number): boolean =>
  install === undefined && isValid(id) && decodeTime(id) < nowMs - youngMs;

/** It is not held and does not retry any more. */
const hasMovedOn = (install: Install | undefined): boolean =>
  install !== undefined && (install.connectorId !== undefined || isEnded(install.status));

const fits = (install: Install, filter: InstallFilter): boolean => {
  const { errorCode, name, sinceMs: _, ...members } = filter;
  const isEqual = Object.entries(members).every(([name, value]) => {
    const known = new Map<string, unknown>(Object.entries(install));
    return value === undefined || known.get(name) === value;
  });
  return (
    isEqual &&
    (errorCode === undefined || install.error?.code === errorCode) &&
    (name === undefined || folded(install.name).includes(folded(name)))
  );
};

/** A text without its case and its way to write accents. */
const folded = (text: string): string => text.normalize("NFKC").toLowerCase();
