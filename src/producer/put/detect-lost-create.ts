import type { ErrorCode } from "../../install/errors/error-catalogue.ts";
import type { Claim } from "../../queue/installs/claims.ts";
import { type InstallData, installDataSchema } from "../../queue/installs/data.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import type { Keys } from "../../queue/keyspace/keys.ts";
import type { RedisClient } from "../../redis/client.ts";

interface LostCreateDeps {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly installs: Pick<Installs, "find">;
}

/** Failures that prove that Bird has no connector of the install. */
const nothingCreated: ReadonlySet<ErrorCode> = new Set([
  "rejected_by_bird",
  "workspace_not_found",
  "bird_unavailable",
  "rate_limited",
  "number_attempts_exhausted",
  "token_unreadable",
]);

/**
 * Marks a new install to look at Bird first, when the number's previous install failed with a connector, or without
 * knowing whether there is one: the new install adopts that connector instead of creating a second.
 */
export const detectLostCreate = async (
  { client, keys, installs }: LostCreateDeps,
  { failedId }: Claim,
  nowMs: number,
): Promise<Pick<InstallData, "unanswered">> => {
  if (failedId === undefined) return {};
  const failed = await installs.find(failedId);
  const code = failed?.error?.code;
  if (code === undefined || (failed?.connectorId === undefined && nothingCreated.has(code))) return {};
  // A create of the previous install may be in flight until then: it may be cancelled while its worker hangs.
  const before = await client.hget(keys.ofInstall(failedId).job(failedId), "data");
  const { unanswered } = leftSchema.parse(JSON.parse(before ?? "{}"));
  return {
    unanswered: {
      sinceMs: Math.max(nowMs, unanswered?.sinceMs ?? 0),
      looks: 0,
    },
  };
};

const leftSchema = installDataSchema.pick({ unanswered: true });
