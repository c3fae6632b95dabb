import type { ConnectLink, ConnectLinkStatus } from "../../install/connect-link.ts";
import type { RedisClient } from "../../redis/client.ts";
import { inGroups } from "../../redis/in-groups.ts";
import {
  filteredPage,
  mergeWalks,
  type Position,
  readPosition,
  type WalkStep,
  walkScores,
  writePosition,
} from "../../redis/paging.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";

interface LinkPage {
  readonly items: readonly ConnectLink[];
  /** Where to go on; undefined at the end. */
  readonly nextCursor: string | undefined;
}

/** Lists links, newest first. A filtered page reads 2,000 at most. */
export type ListLinks = (options: {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Any of these. */
  readonly status?: readonly ConnectLinkStatus[] | undefined;
  /** Only links of these workspaces; undefined: of all. */
  readonly within?: readonly string[] | undefined;
}) => Promise<LinkPage>;

const walkMax = 2000;
/** Links read at a time. */
const groupSize = 100;

export const createListLinks = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly load: (id: string) => Promise<ConnectLink | undefined>;
}): ListLinks => {
  const { client, keys, load } = deps;
  const { findShard } = createPlacement({ client, keys });

  const setsOf = async (within: readonly string[] | undefined): Promise<readonly string[]> =>
    within === undefined
      ? keys.shards.map(({ connectLinks }) => connectLinks)
      : Promise.all(
          [...new Set(within)].map(async (id) => (await findShard(id)).connectLinksOf(id.toLowerCase())),
        );

  async function* steps(
    sets: readonly string[],
    after: Position | undefined,
    status: readonly ConnectLinkStatus[] | undefined,
  ): AsyncGenerator<WalkStep<ConnectLink>> {
    const walk = mergeWalks(sets.map((set) => walkScores(client, set, after)));
    for await (const group of inGroups(walk, groupSize)) {
      const links = await Promise.all(group.map(({ id }) => load(id)));
      for (const [at, position] of group.entries()) {
        const link = links[at];
        const isShown = link !== undefined && (status === undefined || status.includes(link.status));
        yield {
          cursor: writePosition(position),
          moment: writePosition({ atMs: position.atMs, id: "~" }),
          item: isShown ? link : undefined,
        };
      }
    }
  }

  return async ({ limit, cursor, status, within }) => {
    const after = cursor === undefined ? undefined : readPosition(cursor);
    if (cursor !== undefined && after === undefined) return { items: [], nextCursor: undefined };
    return filteredPage(steps(await setsOf(within), after, status), { limit, walkMax });
  };
};
