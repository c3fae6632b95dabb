import { z } from "zod";
import type { Keys } from "../../queue/keys.ts";
import type { RedisClient } from "../../queue/redis-client.ts";
import { createSeal } from "../../queue/seal.ts";
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
    if (found.kind === "wrong") throw new UnmetError(`${found.where} cannot be read.`);
    const seal = createSeal(found.keys);
    const kids = new Set(found.keys.map(({ kid }) => kid));
    const copies = await Promise.all(context.keys.shards.map((shard) => sealedCopies(client, shard)));
    const sealed = copies.flat();
    if (sealed.length === 0) return ok("No install waits with a sealed token.");
    const closed: string[] = [];
    for (const copy of sealed) {
      const opens = await seal.openText(copy).then(
        () => true,
        () => false,
      );
      if (!opens) closed.push(kidOf(copy));
    }
    if (closed.length === 0)
      return ok(`The sealing keys open the tokens of waiting installs (${sealed.length} tried).`);
    const text = `${closed.length} of ${sealed.length} sealed tokens tried cannot be opened`;
    const missing = [...new Set(closed)].filter((kid) => !kids.has(kid));
    return missing.length > 0
      ? fail(
          `${text}: they were sealed with ${missing.join(", ")}, which is not among the keys.`,
          `Put ${missing.join(", ")} back into SEALING_KEYS, behind the first; all keys open, only the first seals.`,
        )
      : fail(
          `${text}: the key ${[...new Set(closed)].join(", ")} is another one of the same name.`,
          "Put the former key back into SEALING_KEYS; where it is lost, retry those installs with their token (perch retry --access-token-file).",
        );
  },
};

const dataSchema = z.object({ sealed: z.string().optional(), sealedSigningKey: z.string().optional() });

/** Sealed copies of the installs of a shard that wait longest and shortest. */
const sealedCopies = async (client: RedisClient, keys: Keys): Promise<readonly string[]> => {
  const ids = await Promise.all([
    client.lrange(keys.job("wait"), 0, sampleSize - 1),
    client.lrange(keys.job("wait"), -sampleSize, -1),
    ...["prioritized", "delayed"].flatMap((set) => [
      client.zrange(keys.job(set), "0", String(sampleSize - 1)),
      client.zrange(keys.job(set), String(-sampleSize), "-1"),
    ]),
  ]);
  const data = await Promise.all([...new Set(ids.flat())].map((id) => client.hget(keys.job(id), "data")));
  return data
    .filter((text) => text !== null)
    .flatMap((text) => {
      const { sealed, sealedSigningKey } = dataSchema.parse(JSON.parse(text));
      return [sealed, sealedSigningKey].filter((copy) => copy !== undefined);
    });
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
