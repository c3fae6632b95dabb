import { InstallNotFoundError } from "../../install/errors/errors.ts";
import type { Install, InstallWithTimeline, TimelineEntry } from "../../install/install.ts";
import { isoTime } from "../../install/values/shown-text.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { InstallData } from "./data.ts";
import { createListInstalls, type ListInstalls } from "./list-installs.ts";
import { askedText, boundText, matchedText, readTimeline, signedUpText } from "./timeline.ts";
import { installFields, readInstallData, readInstallFields, viewInstall } from "./view.ts";

/** @throws {InstallNotFoundError} */
export const findOrThrow = async (installs: Pick<Installs, "find">, installId: string): Promise<Install> => {
  const install = await installs.find(installId);
  if (install === undefined) throw new InstallNotFoundError(installId);
  return install;
};

/** Looks at installs; changes nothing. */
export interface Installs extends ListInstalls {
  find(installId: string): Promise<Install | undefined>;
  /** In the order asked for; undefined where there is none (any more). */
  findMany(installIds: readonly string[]): Promise<readonly (Install | undefined)[]>;
  findWithTimeline(installId: string): Promise<InstallWithTimeline | undefined>;
  timeline(installId: string): Promise<readonly TimelineEntry[]>;
}

export const createInstalls = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  /** How long ended installs stay, ms. */
  readonly retentionMs: number;
  readonly now?: () => number;
}): Installs => {
  const { client, keys } = deps;
  const now = deps.now ?? Date.now;

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

  const findWithTimeline: Installs["findWithTimeline"] = async (id) => {
    const [loaded, lines] = await Promise.all([load(id), client.lrange(keys.ofInstall(id).logs(id), 0, -1)]);
    if (loaded === undefined) return undefined;
    const { install, fields } = loaded;
    return { ...install, timeline: fullTimeline(install, readInstallData(fields), readTimeline(lines)) };
  };
  const timeline: Installs["timeline"] = async (id) => (await findWithTimeline(id))?.timeline ?? [];

  const { lookUp, list } = createListInstalls({ ...deps, now, findMany });
  return { find, findMany, findWithTimeline, timeline, lookUp, list };
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
  const { connectorId, waiting, adopted, requestedBy, connect } = data;
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
  const signedUp =
    connect === undefined
      ? []
      : [{ at: install.createdAt, what: signedUpText(connect.event), connectLinkId: connect.linkId }];
  // A stable sort: entries of one millisecond keep this order, with the end last.
  const steps = [...signedUp, queued, ...bound, ...logged, ...ended];
  return steps.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
};
