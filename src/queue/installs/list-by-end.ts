import { type Install, type InstallStatus, isEnded } from "../../install/install.ts";
import type { RedisClient } from "../../redis/client.ts";
import { inGroups } from "../../redis/in-groups.ts";
import {
  filteredPage,
  isBehind,
  mergeWalks,
  type Position,
  readPosition,
  type WalkStep,
  walkScores,
  writePosition,
} from "../../redis/paging.ts";
import type { Keys } from "../keyspace/keys.ts";
import { fits, isOneOf } from "./fits.ts";
import type { InstallIndex, InstallPage, ListFilter } from "./list.ts";

interface ByEndOptions {
  readonly statuses: readonly (InstallStatus | undefined)[];
  readonly within: readonly string[] | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** Installs read at a time. */
const groupSize = 200;

/**
 * Lists installs that have ended by when they did, newest first. BullMQ's own sets of ended jobs have that order, so it costs no
 * write; what has not ended is in no set that is ordered by its last change.
 */
export const createListByEnd = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly findMany: (ids: readonly string[]) => Promise<readonly (Install | undefined)[]>;
  readonly indexOf: (shard: Keys) => InstallIndex;
  /** Most ids one page walks, and fewer when each has to be read. */
  readonly walkMaxOf: (filter: ListFilter) => number;
  readonly textWalkMax: number;
}) => {
  const { client, keys, findMany, indexOf } = deps;

  /** Leaves out ids that cannot fit, according to the indexes of their shards. */
  const narrow = async (ids: readonly string[], filter: ListFilter): Promise<ReadonlySet<string>> => {
    const byShard = [...Map.groupBy(ids, (id) => keys.ofInstall(id))];
    const possible = await Promise.all(byShard.map(([shard, some]) => indexOf(shard).narrow(some, filter)));
    return new Set(possible.flat());
  };

  async function* walk(filter: ListFilter, options: ByEndOptions): AsyncGenerator<WalkStep<Install>> {
    const { statuses, within, cursor } = options;
    const after = cursor === undefined ? undefined : readPosition(cursor);
    const walks = keys.shards.flatMap((shard) =>
      setsOf(statuses).map((set) => walkScores(client, shard.installsIn(set), after)),
    );
    for await (const group of inGroups(mergeWalks(walks), groupSize)) {
      const possible = await narrow(
        group.map(({ id }) => id),
        filter,
      );
      const ids = [...possible];
      const found = new Map((await findMany(ids)).map((install, at) => [ids[at], install]));
      for (const position of group) {
        const install = found.get(position.id);
        const isWanted =
          install !== undefined &&
          isOneOf(install, statuses) &&
          isEnded(install.status) &&
          fits(install, filter) &&
          (within === undefined || within.includes(install.workspaceId.toLowerCase()));
        const moment = writePosition({ ...position, id: "~" });
        yield { cursor: writePosition(position), moment, item: isWanted ? install : undefined };
      }
    }
  }

  return (filter: ListFilter, options: ByEndOptions): Promise<InstallPage> => {
    const { within, limit } = options;
    const walkMax = within === undefined ? deps.walkMaxOf(filter) : deps.textWalkMax;
    return filteredPage(walk(filter, options), { limit, walkMax });
  };
};

/** BullMQ's sets with installs of these statuses. */
const setsOf = (statuses: readonly (InstallStatus | undefined)[]): readonly ("completed" | "failed")[] => {
  const isAny = statuses.includes(undefined);
  return [
    ...(isAny || statuses.includes("completed") ? ["completed" as const] : []),
    ...(isAny || statuses.includes("failed") || statuses.includes("cancelled") ? ["failed" as const] : []),
  ];
};

/** A page of installs that are all known, in the same order. */
export const pageByEnd = (
  installs: readonly Install[],
  { limit, cursor }: Pick<ByEndOptions, "limit" | "cursor">,
): InstallPage => {
  const after = cursor === undefined ? undefined : readPosition(cursor);
  const positionOf = ({ id, updatedAt }: Install): Position => ({ id, atMs: Date.parse(updatedAt) });
  const items = installs
    .filter((install) => isEnded(install.status))
    .filter((install) => after === undefined || isBehind(positionOf(install), after))
    .sort((a, b) => (isBehind(positionOf(a), positionOf(b)) ? 1 : -1));
  const last = items[limit - 1];
  return {
    items: items.slice(0, limit),
    nextCursor: last === undefined || items.length === limit ? undefined : writePosition(positionOf(last)),
  };
};
