import { requesterName } from "../install/request.ts";
import { createKeys, type Keys } from "../queue/keyspace/keys.ts";
import { weakSealingKeys } from "../queue/secrets/guessable.ts";
import { parseSealingKeys, type SealingKey } from "../queue/secrets/seal.ts";
import { isRedisUrl } from "../redis/url.ts";

/** What the options of a producer stand for. */
interface ReadOptions {
  readonly sealingKeys: readonly SealingKey[];
  readonly keys: Keys;
}

/**
 * Reads the options of a producer, also those of programs without types, whose environment may lack a value.
 *
 * @throws {TypeError} naming every option that is missing or wrong, never with its value.
 */
export const readProducerOptions = (options: unknown): ReadOptions => {
  const given = new Map<string, unknown>(
    typeof options === "object" && options !== null ? Object.entries(options) : [],
  );
  const sealingKeys = readKeys(given.get("sealingKeys"), given.get("allowGuessableKeys") === true);
  const keys = readShards(given.get("shards"), given.get("prefix"));
  const faults = [
    redisUrlFault(given.get("redisUrl")),
    ...[sealingKeys].filter((read) => typeof read === "string"),
    ...["retentionMs", "postsPerSecond"].map((name) => positiveFault(name, given.get(name))),
    ...["prefix", "idempotencyNamespace"].map((name) => textFault(name, given.get(name))),
    ...[keys].filter((read) => typeof read === "string"),
    requesterFault(given.get("requestedBy")),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0 || typeof sealingKeys === "string" || typeof keys === "string")
    throw new TypeError(`createProducer cannot start: ${faults.join("; ")}.`);
  return { sealingKeys, keys };
};

/** Also of an environment variable that is set to nothing. */
const isMissing = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === "string" && value.trim() === "");

const redisUrlFault = (url: unknown): string | undefined => {
  if (isMissing(url)) return "redisUrl is missing: the REDIS_URL of your workers";
  const isKnown = typeof url === "string" && isRedisUrl(url);
  return isKnown
    ? undefined
    : "redisUrl must be redis://, rediss://, unix:///, redis+sentinel:// or redis+cluster://";
};

/** The keys, or what is wrong with them. */
const readKeys = (text: unknown, allowsGuessable: boolean): readonly SealingKey[] | string => {
  if (isMissing(text)) return "sealingKeys is missing: the SEALING_KEYS of your workers";
  const keys = typeof text === "string" ? parseSealingKeys(text) : undefined;
  if (keys === undefined)
    return "sealingKeys must be a list kid:base64url-32-bytes,…: the SEALING_KEYS of your workers";
  const [weakness] = weakSealingKeys(keys, { allowsGuessable });
  return weakness === undefined ? keys : `sealingKeys (SEALING_KEYS) ${weakness}`;
};

const positiveFault = (name: string, value: unknown): string | undefined =>
  value === undefined || (typeof value === "number" && Number.isFinite(value) && value > 0)
    ? undefined
    : `${name} must be a number above 0`;

const textFault = (name: string, value: unknown): string | undefined =>
  value === undefined || (typeof value === "string" && value !== "")
    ? undefined
    : `${name} must be a text that is not empty`;

/** The keys in Redis, or what is wrong with the shards. */
const readShards = (shards: unknown, prefix: unknown): Keys | string => {
  if (shards !== undefined && !(typeof shards === "number" && Number.isInteger(shards) && shards > 0))
    return "shards must be a whole number from 1";
  try {
    return createKeys(typeof prefix === "string" && prefix !== "" ? prefix : undefined, shards);
  } catch (error) {
    return error instanceof Error ? error.message : "prefix or shards cannot be used";
  }
};

const requesterFault = (name: unknown): string | undefined => {
  if (name !== undefined && typeof name !== "string") return "requestedBy must be a text";
  try {
    requesterName(name);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/\.$/, "") : "requestedBy cannot be used";
  }
};
