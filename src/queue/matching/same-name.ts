import { jsonOrUndefined } from "../../install/values/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";
import { readIds } from "../../redis/id-set.ts";
import { type InstallData, installDataSchema } from "../installs/data.ts";
import type { Keys } from "../keyspace/keys.ts";

/** Installs of a workspace that are looked through at most; where there are more, a name counts as shared. */
const walkMax = 10_000;
const pageSize = 500;

/**
 * Whether another install of the workspace may have made a connector of the same name: one of another number that has
 * no connector, and either has not ended or sent a create whose outcome is unknown.
 *
 * Only asked when Bird shows neither phone id nor number of a connector whose create was not answered, so it walks the
 * workspace's installs instead of keeping names in one more index.
 */
export const createIsNameShared =
  ({ client, keys }: { readonly client: RedisClient; readonly keys: Keys }) =>
  async ({
    installId,
    data,
  }: {
    readonly installId: string;
    readonly data: InstallData;
  }): Promise<boolean> => {
    const { workspaceId, name, phoneId } = data.request;
    const shard = keys.ofInstall(installId);
    const written = JSON.stringify(name);

    const mayHaveMade = async (id: string): Promise<boolean> => {
      const [text, finishedOn] = await client.hmget(shard.job(id), "data", "finishedOn");
      if (id === installId || text?.includes(written) !== true) return false;
      const other = installDataSchema.safeParse(jsonOrUndefined(text)).data;
      // One that cannot be read may be anything.
      if (other === undefined) return true;
      if (other.request.name !== name || other.request.phoneId === phoneId) return false;
      return other.connectorId === undefined && (finishedOn === null || other.unanswered !== undefined);
    };

    let bound = "+";
    for (let walked = 0; walked < walkMax; walked += pageSize) {
      const ids = await readIds(client, {
        set: shard.workspaceInstalls(workspaceId),
        from: bound,
        limit: pageSize,
      });
      const found = await Promise.all(ids.map(mayHaveMade));
      if (found.includes(true)) return true;
      const last = ids.at(-1);
      if (last === undefined || ids.length < pageSize) return false;
      bound = `(${last}`;
    }
    return true;
  };
