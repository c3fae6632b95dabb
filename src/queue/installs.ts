import type { Redis } from "ioredis";
import { decodeTime, isValid } from "ulid";
import type { ErrorCode } from "../install/error-catalogue.ts";
import type { Install, InstallStatus, TimelineEntry } from "../install/install.ts";
import type { InstallData } from "./install-data.ts";
import { viewInstall } from "./install-view.ts";
import type { InstallsQueue } from "./installs-queue.ts";
import type { Keys } from "./keys.ts";
import { readTimeline } from "./timeline.ts";

export interface InstallFilter {
  readonly status?: InstallStatus | undefined;
  readonly workspaceId?: string | undefined;
  readonly batchId?: string | undefined;
  readonly phoneNumber?: string | undefined;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly errorCode?: ErrorCode | undefined;
}

export interface InstallPage {
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
  /** Newest first. */
  list(options: InstallFilter & { limit: number; cursor?: string | undefined }): Promise<InstallPage>;
}

/** Most installs one page looks at, however few of them fit the filter. */
const scanMax = 5000;
const pageSize = 100;

export const createInstalls = (deps: {
  readonly client: Redis;
  readonly queue: InstallsQueue;
  readonly keys: Keys;
}): Installs => {
  const { client, queue, keys } = deps;
  const find = async (installId: string): Promise<Install | undefined> => {
    const [job, state] = await Promise.all([queue.getJob(installId), queue.getJobState(installId)]);
    return job === undefined ? undefined : viewInstall(job, state);
  };
  const findMany = (installIds: readonly string[]) => Promise.all(installIds.map(find));

  /** Ids older than the cursor, newest first. */
  const idsBefore = (cursor: string | undefined, count: number): Promise<string[]> =>
    client.zrange(
      keys.installs,
      cursor === undefined ? "+" : `(${cursor}`,
      "-",
      "BYLEX",
      "REV",
      "LIMIT",
      0,
      count,
    );

  const timeline = async (installId: string): Promise<readonly TimelineEntry[]> => {
    const [job, state, { logs }] = await Promise.all([
      queue.getJob(installId),
      queue.getJobState(installId),
      queue.getJobLogs(installId),
    ]);
    return job === undefined ? [] : fullTimeline(viewInstall(job, state), job.data, readTimeline(logs));
  };

  /** Installs older than the cursor, newest first, one look a hundred. */
  async function* walk(
    cursor: string | undefined,
  ): AsyncGenerator<{ id: string; install: Install | undefined }> {
    let ids = await idsBefore(cursor, pageSize);
    while (ids.length > 0) {
      const found = await findMany(ids);
      await forget(ids.filter((id, index) => found[index] === undefined && isOld(id)));
      for (const [index, id] of ids.entries()) yield { id, install: found[index] };
      ids = await idsBefore(ids.at(-1), pageSize);
    }
  }

  /** Drops ids whose installs are gone, so that the list does not outgrow what is kept. */
  const forget = async (ids: readonly string[]): Promise<void> => {
    if (ids.length > 0) await client.zrem(keys.installs, ...ids);
  };

  const list: Installs["list"] = async ({ limit, cursor, ...filter }) => {
    const items: Install[] = [];
    let scanned = 0;
    for await (const { id, install } of walk(cursor)) {
      scanned += 1;
      if (install !== undefined && fits(install, filter)) items.push(install);
      if (items.length === limit || scanned === scanMax) return { items, nextCursor: id };
    }
    return { items, nextCursor: undefined };
  };
  return { find, findMany, timeline, list };
};

/**
 * The log lines and what an install's data tells by itself. Milestones every install passes are not logged:
 * at a million waiting installs one line each would take 300 MB of Redis.
 */
const fullTimeline = (
  install: Install,
  data: InstallData,
  logged: readonly TimelineEntry[],
): TimelineEntry[] => {
  const { connectorId, waiting, adopted } = data;
  const bound =
    connectorId === undefined || waiting === undefined
      ? []
      : [
          {
            at: new Date(waiting.sinceMs).toISOString(),
            what: adopted === true ? "connector found at Bird and adopted" : "connector created",
            connectorId,
          },
        ];
  const ended = install.completedAt === undefined ? [] : [{ at: install.completedAt, what: "completed" }];
  const steps = [{ at: install.createdAt, what: "queued" }, ...logged, ...bound].sort((a, b) =>
    a.at < b.at ? -1 : 1,
  );
  return [...steps, ...ended];
};

/** A young id without an install may be one that is just being added. */
const youngMs = 60_000;

const isOld = (id: string): boolean => isValid(id) && decodeTime(id) < Date.now() - youngMs;

const fits = (install: Install, { status, workspaceId, batchId }: InstallFilter): boolean =>
  (status === undefined || install.status === status) &&
  (workspaceId === undefined || install.workspaceId === workspaceId.toLowerCase()) &&
  (batchId === undefined || install.batchId === batchId);
