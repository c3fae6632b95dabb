import { monotonicFactory } from "ulid";
import { type ConnectLink, type ConnectLinkRequest, connectLinkId } from "../../install/connect-link.ts";
import type { Requester } from "../../install/request.ts";
import { isoTime } from "../../install/values/shown-text.ts";
import type { RedisClient } from "../../redis/client.ts";
import { mapRedisErrors } from "../../redis/errors.ts";
import type { Keys } from "../keyspace/keys.ts";
import { keepInShard } from "../keyspace/placement.ts";
import { idInShard } from "../keyspace/shards.ts";
import type { Seal } from "../secrets/seal.ts";
import { makeLink } from "./scripts.ts";
import { createLinkSecrets } from "./secret.ts";

/** Makes a connect link. @returns it and its secret, which is not stored. */
export type MakeLink = (
  request: ConnectLinkRequest,
  how: Requester,
) => Promise<{ readonly link: ConnectLink; readonly secret: string }>;

/** Longest a link lives. */
const livesMaxMs = 30 * 86_400_000;
/** Bound on what is listed, of a shard and of a workspace. */
const listMax = 100_000;

/** @param deps.retentionMs How long links are kept after their end, ms. */
export const createMakeLink = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly seal: Pick<Seal, "digests" | "sealText">;
  readonly retentionMs: number;
}): MakeLink => {
  const { client, keys, seal, retentionMs } = deps;
  const secrets = createLinkSecrets(seal.digests);
  const nextUlid = monotonicFactory();
  return mapRedisErrors(async (request: ConnectLinkRequest, { requestedBy }: Requester) => {
    const { expiresInSeconds, redirectUrl, invitationToken, channelWebhooks, ...known } = request;
    const { workspaceId, name, mbPhoneId, metadata, callbackUrl } = known;
    const { signingKey, ...webhooks } = channelWebhooks ?? {};
    const hidden = JSON.stringify({ invitationToken, signingKey });
    const stored = JSON.stringify({ ...known, ...("url" in webhooks && { channelWebhooks: webhooks }) });
    const ulid = nextUlid();
    const made = await keepInShard({ client, keys }, workspaceId, async (shard) => {
      const id = connectLinkId(idInShard(ulid, keys.shards.indexOf(shard)));
      const { secret, digest } = secrets.make(id);
      const sealedFor = { purpose: "connect-link", linkId: id, workspaceId } as const;
      const sealed = hidden === "{}" ? undefined : await seal.sealText(hidden, sealedFor);
      const createdAtMs = await makeLink(client, {
        link: shard.connectLink(id),
        list: shard.connectLinks,
        listOfWorkspace: shard.connectLinksOf(workspaceId),
        id,
        fields: JSON.stringify({ request: stored, sealed, secretDigest: digest, redirectUrl, requestedBy }),
        livesMs: expiresInSeconds * 1000,
        keptMs: retentionMs,
        listKeptMs: livesMaxMs + retentionMs,
        listMax,
      });
      return { id, secret, createdAtMs };
    });
    const createdAt = isoTime(made.createdAtMs);
    const expiresAt = isoTime(made.createdAtMs + expiresInSeconds * 1000);
    const shown = { workspaceId, name, mbPhoneId, metadata, callbackUrl, redirectUrl, requestedBy };
    return {
      secret: made.secret,
      link: { id: made.id, status: "open", ...shown, createdAt, updatedAt: createdAt, expiresAt },
    };
  });
};
