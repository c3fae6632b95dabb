import { join } from "node:path";
import { z } from "zod";
import { isSandboxed } from "../../config/weak-secrets.ts";
import { readTrustedFile } from "../../files/trusted-file.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { plural } from "../../install/values/shown-text.ts";
import { eachShard, type Keys } from "../../queue/keyspace/keys.ts";
import { weakSealingKeys } from "../../queue/secrets/guessable.ts";
import {
  createSeal,
  parseSealingKeys,
  type SealedFor,
  type SealingKey,
  UnsealError,
} from "../../queue/secrets/seal.ts";
import type { RedisClient } from "../../redis/client.ts";
import { type Check, fail, ok } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { SkipCheck } from "../skip-check.ts";

/** The sealing keys and their source; `none` before a private Redis's first start makes one. */
type SealingKeysFound =
  | { readonly kind: "found"; readonly keys: readonly SealingKey[]; readonly where: string }
  | { readonly kind: "wrong"; readonly where: string }
  /** Another user may have written the file; `fault` follows its name. */
  | { readonly kind: "distrusted"; readonly where: string; readonly fault: string }
  | { readonly kind: "none"; readonly isNeeded: boolean };

/** Reads the sealing keys as the roles do, without making one. */
const readSealingKeys = async ({
  config,
  problems,
  dataDir,
}: Pick<DoctorContext, "config" | "problems" | "dataDir">): Promise<SealingKeysFound> => {
  const { SEALING_KEYS, REDIS_URL } = config;
  if (problems.some(({ name }) => name === "SEALING_KEYS")) return { kind: "wrong", where: "SEALING_KEYS" };
  if (SEALING_KEYS !== undefined) return { kind: "found", keys: SEALING_KEYS.keys, where: "SEALING_KEYS" };
  if (REDIS_URL !== undefined) return { kind: "none", isNeeded: true };
  const read = readTrustedFile(join(dataDir, "sealing-keys"), { isSecret: true });
  if (read === undefined) return { kind: "none", isNeeded: false };
  const where = ".data/sealing-keys";
  if ("fault" in read) return { kind: "distrusted", where, fault: read.fault };
  const keys = parseSealingKeys(read.text.trim());
  return keys === undefined ? { kind: "wrong", where } : { kind: "found", keys, where };
};

/** Whether there are keys to seal and open tokens with. */
export const sealingKeysCheck: Check = {
  id: "sealing_keys",
  run: async (context) => {
    const found = await readSealingKeys(context);
    switch (found.kind) {
      case "found": {
        const [weakness] = weakSealingKeys(found.keys, { allowsGuessable: isSandboxed(context.config) });
        if (weakness !== undefined)
          return fail(
            `${found.where} ${weakness}.`,
            "Put another key there or set SEALING_KEYS, and retry what was sealed with this one with its token.",
          );
        return ok(`${found.where} holds ${plural(found.keys.length, "key")}; ${found.keys[0]?.kid} seals.`);
      }
      case "wrong":
        if (found.where === "SEALING_KEYS") throw new SkipCheck("SEALING_KEYS is wrong.");
        return fail(
          `${found.where} holds no list of keys that can be read.`,
          "Restore that file, or set SEALING_KEYS to the keys that were in it; perch keys seal shows the form.",
        );
      case "distrusted":
        return fail(
          `${found.where} ${found.fault}: no role that uses the private Redis starts.`,
          "Make the file yours alone if the key in it is yours, or set SEALING_KEYS.",
        );
      case "none":
        return found.isNeeded
          ? fail(
              "SEALING_KEYS is not set, but REDIS_URL is: no role can start.",
              "Make a key with perch keys seal and set SEALING_KEYS, the same in every process.",
            )
          : ok("perch start will make a sealing key under .data/, beside its private Redis.");
    }
  },
};

/** How many installs are read from either end of each list of waiting installs. */
const sampleSize = 20;

/** Whether queued tokens can be opened: after a rotation that dropped a key they cannot. */
export const sealedInstallsCheck: Check = {
  id: "sealed_installs",
  run: async (context) => {
    const { client } = await context.redis();
    const found = await readSealingKeys(context);
    if (found.kind === "none") throw new SkipCheck("SEALING_KEYS is not set.");
    if (found.kind !== "found") throw new SkipCheck(`${found.where} cannot be read.`);
    const seal = createSeal(found.keys);
    const copies = await eachShard(context.keys, (shard) => sealedCopies(client, shard));
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
      `${text}: they were not sealed for the install that holds them. Either an older version sealed them, which did not record the install, or a user with write access to Redis has moved them.`,
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

/** None for a job that cannot be read: that install fails by itself. */
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
