import { type ConnectFailure, isConnectLinkId, ulidOfLink } from "../../install/connect-link.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";
import { readLinkFields, type StoredLink } from "./data.ts";
import { type LinkMove, linkMoves } from "./moves.ts";
import { moveLink } from "./scripts.ts";

/** What a move writes down. */
export interface MoveDetails {
  readonly code?: ConnectFailure;
  readonly step?: string | undefined;
  readonly metaErrorId?: string | undefined;
  readonly installId?: string;
  readonly signupEvent?: string;
  /** Kept once it is there. */
  readonly trace?: string | undefined;
}

/** Carries out a move if the link allows it; `look` only reads. */
export type RunMove = (
  id: string,
  move: LinkMove | "look",
  how?: { readonly details?: MoveDetails; readonly secretDigest?: string },
) => Promise<{ readonly stored: StoredLink; readonly moved: boolean } | undefined>;

/**
 * @param deps.retentionMs How long links are kept after their end, ms.
 * @returns a function whose answer is undefined when there is no such link, or when it has another secret.
 */
export const createRunMove =
  ({
    client,
    keys,
    retentionMs,
  }: {
    readonly client: RedisClient;
    readonly keys: Keys;
    readonly retentionMs: number;
  }): RunMove =>
  async (id, move, { details = {}, secretDigest = "" } = {}) => {
    if (!isConnectLinkId(id)) return undefined;
    const shard = keys.ofInstall(ulidOfLink(id));
    const { from, to } = move === "look" ? { from: [], to: "" } : linkMoves[move];
    const [nowMs, moved, flat] = await moveLink(client, {
      link: shard.connectLink(id),
      jobs: shard.job(""),
      outbox: shard.connectOutbox,
      id,
      secretDigest,
      from: from.map((status) => `,${status},`).join(""),
      to,
      fields: JSON.stringify(details),
      move,
      keptMs: retentionMs,
    });
    const fields = readLinkFields(flat);
    return fields && { stored: { id, fields, nowMs }, moved: moved === 1 };
  };
