import { z } from "zod";
import { jsonOrUndefined } from "../../install/json-or-undefined.ts";
import type { Keys } from "../../queue/keys.ts";
import { createSeal, type SealedFor, UnsealError } from "../../queue/seal.ts";
import type { RedisClient } from "../../redis/redis-client.ts";
import type { Check } from "./check.ts";
import { fail, ok } from "./finding.ts";
import { readSealingKeys } from "./read-sealing-keys.ts";
import { UnmetError } from "./unmet-error.ts";

/** Looked at from either end of each list of installs that wait. */
const sampleSize = 20;

/** Whether the tokens that wait on the queue can be opened: after a rotation that dropped a key they can't. */
export const sealedInstallsCheck: Check = {
  id: "sealed_installs",
  run: async (context) => {
    const { client } = await context.redis();
    const found = await readSealingKeys(context);
    if (found.kind === "none") throw new UnmetError("SEALING_KEYS is not set.");
    if (found.kind !== "found") throw new UnmetError(`${found.where} cannot be read.`);
    const seal = createSeal(found.keys);
    const copies = await Promise.all(context.keys.shards.map((shard) => sealedCopies(client, shard)));
    const sealed = copies.flat();
    if (sealed.length === 0) return ok("No install waits with a sealed token.");
    const closed: { readonly kid: string; readonly reason: UnsealError["reason"] }[] = [];
    for (const { copy, sealedFor } of sealed) {
      try {
        await seal.openText(copy, sealedFor);
      } catch (error) {
        if (!(error instanceof UnsealError)) throw error;
        closed.push({ kid: kidOf(copy), reason: error.reason });
      }
    }
    if (closed.length === 0)
      return ok(`The sealing keys open the tokens of waiting installs (${sealed.length} tried).`);
    const text = `${closed.length} of ${sealed.length} sealed tokens tried cannot be opened`;
    const kidsOf = (reason: UnsealError["reason"]): string =>
      [...new Set(closed.filter((each) => each.reason === reason).map(({ kid }) => kid))].join(", ");
    const missing = kidsOf("key_missing");
    if (missing !== "")
      return fail(
        `${text}: they were sealed with ${missing}, which is not among the keys.`,
        `Put ${missing} back into SEALING_KEYS, behind the first; all keys open, only the first seals.`,
      );
    const another = kidsOf("unreadable");
    if (another !== "")
      return fail(
        `${text}: the key ${another} is another one of the same name, or they were changed.`,
        `Put the former key back into SEALING_KEYS; where it is lost, ${retryWithToken}.`,
      );
    return fail(
      `${text}: they were not sealed for the install they lie with. An older version did not write that down; else they were moved, by whoever can write to Redis.`,
      `Look at who can write to Redis, and ${retryWithToken}.`,
    );
  },
};

const retryWithToken = "retry those installs with their token (perch retry --access-token-file)";

const dataSchema = z.object({
  sealed: z.string().optional(),
  sealedSigningKey: z.string().optional(),
  request: z.object({ workspaceId: z.string() }),
});

interface Copy {
  readonly copy: string;
  readonly sealedFor: SealedFor;
}

/** Sealed copies of the installs of a shard that wait longest and shortest. */
const sealedCopies = async (client: RedisClient, keys: Keys): Promise<readonly Copy[]> => {
  const ids = await Promise.all([
    client.lrange(keys.job("wait"), 0, sampleSize - 1),
    client.lrange(keys.job("wait"), -sampleSize, -1),
    ...["prioritized", "delayed"].flatMap((set) => [
      client.zrange(keys.job(set), "0", String(sampleSize - 1)),
      client.zrange(keys.job(set), String(-sampleSize), "-1"),
    ]),
  ]);
  const copies = await Promise.all(
    [...new Set(ids.flat())].map(async (installId) => {
      const text = await client.hget(keys.job(installId), "data");
      return text === null ? [] : copiesOf(installId, text);
    }),
  );
  return copies.flat();
};

/** None of a job that cannot be read: that one fails for itself. */
const copiesOf = (installId: string, text: string): readonly Copy[] => {
  const read = dataSchema.safeParse(jsonOrUndefined(text)).data;
  if (read === undefined) return [];
  const { sealed, sealedSigningKey, request } = read;
  const install = { installId, workspaceId: request.workspaceId };
  return [
    ...(sealed === undefined
      ? []
      : [{ copy: sealed, sealedFor: { purpose: "tokens" as const, ...install } }]),
    ...(sealedSigningKey === undefined
      ? []
      : [{ copy: sealedSigningKey, sealedFor: { purpose: "signing-key" as const, ...install } }]),
  ];
};

const headerSchema = z.object({ kid: z.string().regex(/^[\w.-]{1,64}$/) });

/** The name of the key a compact JWE was made with. */
const kidOf = (copy: string): string => {
  try {
    const header: unknown = JSON.parse(Buffer.from(copy.split(".")[0] ?? "", "base64url").toString("utf8"));
    return headerSchema.parse(header).kid;
  } catch {
    return "an unnamed key";
  }
};
