import { z } from "zod";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";
import { namesNumber } from "./names-number.ts";
import { membersOf } from "./walk.ts";

const requestSchema = z.object({ workspaceId: z.string() });

/**
 * Removes the connect links that led to one of these installs, or whose request names the number, and returns how many. A
 * link that is still open ends with that: its customer is told that there is no such link.
 */
export const eraseLinks = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  forms: readonly string[],
  installIds: ReadonlySet<string>,
): Promise<number> => {
  let erased = 0;
  for (const shard of keys.shards) {
    for await (const ids of membersOf(client, shard.connectLinks)) {
      const links = await Promise.all(
        ids.map((id) => client.hmget(shard.connectLink(id), "installId", "request")),
      );
      for (const [at, id] of ids.entries()) {
        const [installId, request] = links[at] ?? [];
        const isMeant = installIds.has(installId ?? "") || namesNumber(request ?? "", forms);
        if (isMeant) erased += await eraseLink({ client, shard }, id);
      }
    }
  }
  return erased;
};

const eraseLink = async (
  { client, shard }: { readonly client: RedisClient; readonly shard: Keys },
  id: string,
): Promise<number> => {
  const link = shard.connectLink(id);
  const request = requestSchema.safeParse(jsonOrUndefined(await client.hget(link, "request"))).data;
  if (request !== undefined) await client.zrem(shard.connectLinksOf(request.workspaceId), id);
  await client.zrem(shard.connectOutbox, id);
  const count = await client.del(link);
  // Last: a walk that was cut off finds it again.
  await client.zrem(shard.connectLinks, id);
  return count;
};
