import { type ConnectLink, type ConnectLinkRequest, ulidOfLink } from "../../install/connect-link.ts";
import type { RedisClient } from "../../redis/client.ts";
import { mapRedisErrors } from "../../redis/errors.ts";
import type { Installs } from "../installs/installs.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { Seal } from "../secrets/seal.ts";
import { linkSecretsSchema, type StoredLink } from "./data.ts";
import { createViewLink } from "./links.ts";
import type { LinkMove } from "./moves.ts";
import { createRunMove, type MoveDetails } from "./run-move.ts";
import { nameInstall } from "./scripts.ts";
import { createLinkSecrets } from "./secret.ts";

/** A link's id and its secret, as the page sends them. */
export interface LinkAccess {
  readonly id: string;
  readonly secret: string;
}

/** A link for who has its secret. */
export interface SessionLink {
  readonly link: ConnectLink;
  /** Whether the call changed it. */
  readonly moved: boolean;
  readonly stored: StoredLink;
}

/** What a link's install is requested with, beside what the signup gives. */
export type KnownRequest = Omit<ConnectLinkRequest, "expiresInSeconds" | "redirectUrl">;

/** Connect links as their customers use them. */
export interface LinkSessions {
  /**
   * Carries out a move for who has the secret; `look` only reads. Undefined for a secret that is not the link's, which
   * costs Redis nothing when the fleet did not make it.
   */
  move(
    access: LinkAccess,
    move: Exclude<LinkMove, "revoke"> | "look",
    details?: MoveDetails,
  ): Promise<SessionLink | undefined>;
  readRequest(link: StoredLink): Promise<KnownRequest>;
  /** The number had another install already: the link stands for that one. */
  nameInstall(id: string, installId: string): Promise<void>;
}

export const createLinkSessions = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly seal: Pick<Seal, "digests" | "openText">;
  readonly installs: Pick<Installs, "find">;
  readonly retentionMs: number;
}): LinkSessions => {
  const { client, keys, seal } = deps;
  const run = createRunMove(deps);
  const view = createViewLink(deps.installs);
  const secrets = createLinkSecrets(seal.digests);

  const openSecrets = async ({ id, fields }: StoredLink) => {
    if (fields.sealed === undefined) return {};
    const { workspaceId } = fields.request;
    const text = await seal.openText(fields.sealed, { purpose: "connect-link", linkId: id, workspaceId });
    return linkSecretsSchema.parse(JSON.parse(text));
  };

  const sessions: LinkSessions = {
    move: async ({ id, secret }, move, details = {}) => {
      const secretDigest = secrets.digestOf(id, secret);
      if (secretDigest === undefined) return undefined;
      const found = await run(id, move, { details, secretDigest });
      return found && { ...found, link: await view(found.stored) };
    },
    readRequest: async (stored) => {
      const { channelWebhooks, ...known } = stored.fields.request;
      const { invitationToken, signingKey } = await openSecrets(stored);
      return {
        ...known,
        invitationToken,
        ...(channelWebhooks !== undefined &&
          signingKey !== undefined && { channelWebhooks: { ...channelWebhooks, signingKey } }),
      };
    },
    nameInstall: async (id, installId) => {
      await nameInstall(client, { link: keys.ofInstall(ulidOfLink(id)).connectLink(id), installId });
    },
  };
  return mapRedisErrors(sessions);
};
