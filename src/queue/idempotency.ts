import { createHash } from "node:crypto";
import { z } from "zod";
import type { InstallRequest, SignupRequest } from "../install/request.ts";
import type { Keys } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";
import { whileRedisAnswers } from "./redis-unavailable.ts";

/** How long an idempotency key is remembered. */
const keptMs = 48 * 3_600_000;

/** How long an exchange may take before its lock counts as left behind by a killed process. */
const exchangeMaxMs = 60_000;

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

/** A request with the same idempotency key is being carried out just now. */
export class IdempotencyKeyInUseError extends Error {
  readonly code = "idempotency_key_in_use";

  constructor() {
    super("A request with this idempotency key is under way: send it again in a moment.");
    this.name = "IdempotencyKeyInUseError";
  }
}

interface Deps {
  readonly client: RedisClient;
  readonly keys: Keys;
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
  deps: Deps,
  use: {
    readonly idempotencyKey: string;
    readonly request: InstallRequest | SignupRequest;
    readonly newId: string;
  },
): Promise<string> => {
  const key = recordKey(deps, use.idempotencyKey);
  const fields = Object.fromEntries(
    Object.entries(use.request)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, digest(stableJson(value)).slice(0, 22)]),
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

/** The number had an install already: from now on the key stands for that one. */
export const moveReservation = async (
  deps: Deps,
  use: { readonly idempotencyKey: string; readonly installId: string },
): Promise<void> => {
  const key = recordKey(deps, use.idempotencyKey);
  const known = await deps.client.get(key);
  if (known === null) return;
  const record = { ...recordSchema.parse(JSON.parse(known)), installId: use.installId };
  await deps.client.set(key, JSON.stringify(record), "KEEPTTL", "XX");
};

/** Nothing came of the request: its key is free for another. */
export const dropReservation = async (deps: Deps, idempotencyKey: string): Promise<void> => {
  await deps.client.del(recordKey(deps, idempotencyKey));
};

/**
 * Runs what must not run twice at once for an idempotency key, because it uses something up.
 *
 * @throws {IdempotencyKeyInUseError} it is running for this key already.
 */
export const whileAlone = async <T>(
  deps: Deps,
  idempotencyKey: string,
  run: () => Promise<T>,
): Promise<T> => {
  const lock = deps.keys.idempotency(`${digest(idempotencyKey)}:exchange`);
  const locked = await whileRedisAnswers(() => deps.client.set(lock, "1", "PX", exchangeMaxMs, "NX"));
  if (locked === null) throw new IdempotencyKeyInUseError();
  try {
    return await run();
  } finally {
    // Left behind while Redis is away, the lock ends by itself.
    await deps.client.del(lock).catch(() => undefined);
  }
};

const recordKey = ({ keys }: Deps, idempotencyKey: string): string =>
  keys.idempotency(digest(idempotencyKey));

/** JSON that does not depend on the order in which a map's members were written. */
const stableJson = (value: unknown): string =>
  JSON.stringify(
    typeof value === "object" && value !== null
      ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
      : value,
  );

const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");
