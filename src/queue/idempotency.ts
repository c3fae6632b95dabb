import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { InstallRequest } from "../install/request.ts";
import type { Keys } from "./keys.ts";

/** How long an idempotency key is remembered. */
const keptMs = 48 * 3_600_000;

/** An idempotency key came again with another body. `fields` are the members that differ. */
export class IdempotencyKeyReusedError extends Error {
  readonly code = "idempotency_key_reused";
  readonly fields: readonly string[];

  constructor(fields: readonly string[]) {
    super(
      `The idempotency key was used before with another ${fields.join(", ")}: use a new key for a new request.`,
    );
    this.name = "IdempotencyKeyReusedError";
    this.fields = fields;
  }
}

const recordSchema = z.object({ installId: z.string(), fields: z.record(z.string(), z.string()) });

/**
 * The install id an idempotency key stands for: a new one the first time, the same ever after.
 *
 * Members are remembered as digests, so the record holds no token.
 *
 * @throws {IdempotencyKeyReusedError} the same key with another request.
 */
export const reserveInstallId = async (
  deps: { readonly client: Redis; readonly keys: Keys },
  use: { readonly idempotencyKey: string; readonly request: InstallRequest; readonly newId: string },
): Promise<string> => {
  const key = deps.keys.idempotency(digest(use.idempotencyKey));
  const fields = Object.fromEntries(
    Object.entries(use.request).map(([name, value]) => [name, digest(stableJson(value)).slice(0, 22)]),
  );
  const record = JSON.stringify({ installId: use.newId, fields });
  // Two commands, because SET with both NX and GET needs Redis 7.
  if ((await deps.client.set(key, record, "PX", keptMs, "NX")) !== null) return use.newId;
  const known = await deps.client.get(key);
  if (known === null) return use.newId;
  const first = recordSchema.parse(JSON.parse(known));
  const names = new Set([...Object.keys(first.fields), ...Object.keys(fields)]);
  const differing = [...names].filter((name) => first.fields[name] !== fields[name]);
  if (differing.length > 0) throw new IdempotencyKeyReusedError(differing);
  return first.installId;
};

/** JSON that does not depend on the order in which a map's members were written. */
const stableJson = (value: unknown): string =>
  JSON.stringify(
    typeof value === "object" && value !== null
      ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
      : value,
  );

const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");
