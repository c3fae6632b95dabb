import { requesterName } from "../install/request.ts";
import { createKeys } from "../queue/keyspace/keys.ts";
import { weakSealingKeys } from "../queue/secrets/guessable.ts";
import { parseSealingKeys } from "../queue/secrets/seal.ts";
import { isRedisUrl } from "../redis/url.ts";

/**
 * Checks the options of a producer, also those of programs without types, whose environment may lack a value.
 *
 * @throws {TypeError} naming every option that is missing or wrong, never with its value.
 */
export const checkProducerOptions = (options: unknown): void => {
  const given = new Map<string, unknown>(
    typeof options === "object" && options !== null ? Object.entries(options) : [],
  );
  const faults = [
    redisUrlFault(given.get("redisUrl")),
    sealingKeysFault(given.get("sealingKeys"), given.get("allowGuessableKeys") === true),
    ...["retentionMs", "postsPerSecond"].map((name) => positiveFault(name, given.get(name))),
    ...["prefix", "idempotencyNamespace"].map((name) => textFault(name, given.get(name))),
    shardsFault(given.get("shards"), given.get("prefix")),
    requesterFault(given.get("requestedBy")),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new TypeError(`createProducer cannot start: ${faults.join("; ")}.`);
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

const sealingKeysFault = (text: unknown, allowsGuessable: boolean): string | undefined => {
  if (isMissing(text)) return "sealingKeys is missing: the SEALING_KEYS of your workers";
  const keys = typeof text === "string" ? parseSealingKeys(text) : undefined;
  if (keys === undefined)
    return "sealingKeys must be a list kid:base64url-32-bytes,…: the SEALING_KEYS of your workers";
  const [weakness] = weakSealingKeys(keys, { allowsGuessable });
  return weakness === undefined ? undefined : `sealingKeys (SEALING_KEYS) ${weakness}`;
};

const positiveFault = (name: string, value: unknown): string | undefined =>
  value === undefined || (typeof value === "number" && Number.isFinite(value) && value > 0)
    ? undefined
    : `${name} must be a number above 0`;

const textFault = (name: string, value: unknown): string | undefined =>
  value === undefined || (typeof value === "string" && value !== "")
    ? undefined
    : `${name} must be a text that is not empty`;

const shardsFault = (shards: unknown, prefix: unknown): string | undefined => {
  if (shards !== undefined && !(typeof shards === "number" && Number.isInteger(shards) && shards > 0))
    return "shards must be a whole number from 1";
  try {
    createKeys(typeof prefix === "string" && prefix !== "" ? prefix : undefined, shards);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "prefix or shards cannot be used";
  }
};

const requesterFault = (name: unknown): string | undefined => {
  if (name !== undefined && typeof name !== "string") return "requestedBy must be a text";
  try {
    requesterName(name);
    return undefined;
  } catch {
    return "requestedBy must have 1 to 100 characters";
  }
};
