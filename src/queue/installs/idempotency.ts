import { z } from "zod";
import { IdempotencyKeyReusedError } from "../../install/errors/errors.ts";
import type { RedisClient } from "../../redis/client.ts";
import { mapRedisErrors } from "../../redis/errors.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { KeptDigest, KeptDigests } from "../secrets/kept-digests.ts";

/** How long an idempotency key is remembered. */
const keptMs = 48 * 3_600_000;

/** How long an exchange may take before its lock counts as left behind by a killed process. */
const exchangeMaxMs = 60_000;

/** Another request with the same idempotency key is in progress. */
export class IdempotencyKeyInUseError extends Error {
  readonly code = "idempotency_key_in_use";

  constructor() {
    super("A request with this idempotency key is under way: send it again in a moment.");
    this.name = "IdempotencyKeyInUseError";
  }
}

/** A key and whose it is: the same key of another namespace is another key. */
export interface IdempotencyUse {
  readonly namespace: string;
  readonly key: string;
}

/** What idempotency keys stand for. */
export interface Idempotency {
  /**
   * The install id a key stands for: a new one the first time, the same ever after.
   *
   * @throws {IdempotencyKeyReusedError} the same key with another request.
   */
  reserve(
    use: IdempotencyUse,
    submission: { readonly request: object; readonly newId: string },
  ): Promise<string>;
  /** The number had an install already: from now on the key stands for that one. */
  move(use: IdempotencyUse, installId: string): Promise<void>;
  /** Nothing came of the request: its key is free for another. */
  drop(use: IdempotencyUse): Promise<void>;
  /**
   * Runs a function under a lock of the key, because it consumes something (a one-time code).
   *
   * @throws {IdempotencyKeyInUseError} the lock is taken.
   */
  withLock<T>(use: IdempotencyUse, run: () => Promise<T>): Promise<T>;
}

const recordSchema = z.object({ installId: z.string(), fields: z.record(z.string(), z.string()) });

/**
 * Remembers requests by idempotency key. Keys and members are kept as digests under the sealing keys, so a record
 * says nothing of a token or number, and two records do not show that they have one in common. After a rotation of
 * the sealing keys a record is found under the older key; with that gone it is forgotten, and the number's claim
 * alone stands against a second install.
 */
export const createIdempotency = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly digests: KeptDigests;
}): Idempotency => {
  const { client, keys } = deps;
  const { first, older } = deps.digests;
  const nameOf = (digest: KeptDigest, { namespace, key }: IdempotencyUse): string =>
    keys.idempotency(digest.of("idempotency", namespace, key));

  /** The record of a key, and the digest it was made with. */
  const find = async (use: IdempotencyUse, digests: readonly KeptDigest[]) => {
    for (const digest of digests) {
      const name = nameOf(digest, use);
      const text = await client.get(name);
      if (text !== null) return { name, digest, record: recordSchema.parse(JSON.parse(text)) };
    }
    return undefined;
  };

  const store: Omit<Idempotency, "withLock"> = {
    reserve: async (use, { request, newId }) => {
      const fieldsBy = (digest: KeptDigest): Readonly<Record<string, string>> =>
        Object.fromEntries(
          Object.entries(request)
            .filter(([, value]) => value !== undefined)
            .map(([name, value]) => [
              name,
              digest.of("member", use.namespace, use.key, name, stableJson(value)),
            ]),
        );
      let known = await find(use, older);
      if (known === undefined) {
        const record = JSON.stringify({ installId: newId, fields: fieldsBy(first) });
        // Two commands, because SET with both NX and GET needs Redis 7.
        if ((await client.set(nameOf(first, use), record, "PX", keptMs, "NX")) !== null) return newId;
        known = await find(use, [first]);
      }
      if (known === undefined) return newId;
      const [before, now] = [known.record.fields, fieldsBy(known.digest)];
      const names = new Set([...Object.keys(before), ...Object.keys(now)]);
      const differing = [...names].filter((name) => before[name] !== now[name]);
      if (differing.length > 0) throw new IdempotencyKeyReusedError(differing);
      return known.record.installId;
    },
    move: async (use, installId) => {
      const known = await find(use, [first, ...older]);
      if (known === undefined) return;
      await client.set(known.name, JSON.stringify({ ...known.record, installId }), "KEEPTTL", "XX");
    },
    drop: async (use) => {
      await Promise.all([first, ...older].map((digest) => client.del(nameOf(digest, use))));
    },
  };
  const acquire = mapRedisErrors(async (lock: string) => client.set(lock, "1", "PX", exchangeMaxMs, "NX"));
  return {
    ...mapRedisErrors(store),
    withLock: async (use, run) => {
      const lock = `${nameOf(first, use)}:exchange`;
      const locked = await acquire(lock);
      if (locked === null) throw new IdempotencyKeyInUseError();
      try {
        return await run();
      } finally {
        // If Redis is unreachable, the lock expires by itself.
        await client.del(lock).catch(() => undefined);
      }
    },
  };
};

/** JSON that does not depend on the order in which a map's members were written. */
const stableJson = (value: unknown): string =>
  JSON.stringify(
    typeof value === "object" && value !== null
      ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
      : value,
  );
