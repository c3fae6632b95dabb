import type { ConnectLink } from "../../install/connect-link.ts";
import type { RedisClient } from "../../redis/client.ts";
import { mapRedisErrors } from "../../redis/errors.ts";
import type { Installs } from "../installs/installs.ts";
import type { Keys } from "../keyspace/keys.ts";
import { type StoredLink, viewLink } from "./data.ts";
import { createListLinks, type ListLinks } from "./list.ts";
import { createRunMove } from "./run-move.ts";

/** The link does not exist, any more or for this caller. */
export class ConnectLinkNotFoundError extends Error {
  readonly code = "not_found";

  constructor(id: string) {
    super(`There is no connect link ${id}: check the id; links are kept for RETENTION_MS after their end.`);
    this.name = "ConnectLinkNotFoundError";
  }
}

/** The link is finished or expired, so it cannot be revoked. */
export class ConnectLinkStateError extends Error {
  readonly code = "wrong_state";

  constructor({ id, status, installId }: ConnectLink) {
    const what = installId === undefined ? `is ${status}` : `has become install ${installId}`;
    super(`Connect link ${id} ${what}: there is nothing to revoke.`);
    this.name = "ConnectLinkStateError";
  }
}

/** Connect links as callers look at and revoke them. Made by `make-link.ts`, used by `sessions.ts`. */
export interface Links {
  find(id: string): Promise<ConnectLink | undefined>;
  /** With how often its customer broke off. */
  findCounted(id: string): Promise<{ readonly link: ConnectLink; readonly cancels: number } | undefined>;
  readonly list: ListLinks;
  /**
   * Makes a link useless. One that is revoked already stays so.
   *
   * @throws {ConnectLinkNotFoundError} @throws {ConnectLinkStateError}
   */
  revoke(id: string): Promise<ConnectLink>;
}

/** A link as callers see it, its status that of its install where there is one. */
export const createViewLink =
  (installs: Pick<Installs, "find">) =>
  async (stored: StoredLink): Promise<ConnectLink> => {
    const { installId } = stored.fields;
    return viewLink(stored, installId === undefined ? undefined : await installs.find(installId));
  };

/** @param deps.retentionMs How long links are kept after their end, ms. */
export const createLinks = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly installs: Pick<Installs, "find">;
  readonly retentionMs: number;
}): Links => {
  const run = createRunMove(deps);
  const view = createViewLink(deps.installs);
  const findCounted: Links["findCounted"] = async (id) => {
    const found = await run(id, "look");
    if (found === undefined) return undefined;
    return { link: await view(found.stored), cancels: found.stored.fields.cancels ?? 0 };
  };
  const find: Links["find"] = async (id) => (await findCounted(id))?.link;
  return mapRedisErrors({
    find,
    findCounted,
    list: createListLinks({ ...deps, load: find }),
    revoke: async (id: string) => {
      const found = await run(id, "revoke");
      if (found === undefined) throw new ConnectLinkNotFoundError(id);
      const link = await view(found.stored);
      if (link.status !== "revoked") throw new ConnectLinkStateError(link);
      return link;
    },
  });
};
