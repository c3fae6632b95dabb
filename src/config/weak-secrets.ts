import { createHash } from "node:crypto";
import { parseApiKeys } from "../api/auth/api-keys.ts";
import { isLoopback } from "../http/is-loopback.ts";
import { parseSealingKeys } from "../queue/secrets/seal.ts";

interface Problem {
  readonly name: string;
  readonly message: string;
}

type Settings = Readonly<Record<string, string | undefined>>;

/** Keys somebody types to try something out. Only digests of keys are known here. */
const obviousApiKeys = new Set(
  [
    ...["admin", "api", "api-key", "apikey", "changeme", "demo", "key", "KEY", "password", "perch", "root"],
    ...["sandbox", "secret", "test", "token", "123456", "12345678", "0", "1", " ", "\n", "null", "undefined"],
  ].flatMap((key) => [key, `${key}\n`].map((text) => createHash("sha256").update(text).digest("hex"))),
);
const emptyKey = createHash("sha256").update("").digest("hex");

/**
 * Secrets that are well-formed and no secrets, by name. What a sandbox uses may be guessable: nothing is behind it.
 *
 * @param set Settings that are set and, each by itself, right.
 */
export const weakSecrets = (set: Settings): readonly Problem[] => {
  const isSandboxed = isLoopback(URL.parse(set.BIRD_API_URL ?? "")?.hostname ?? "");
  return [...repeatedSecrets(set), ...(isSandboxed ? [] : guessableSecrets(set))];
};

const repeatedSecrets = (set: Settings): readonly Problem[] => {
  const signingKeys = listOf(set.WEBHOOK_SIGNING_KEYS);
  const sealingKeys = (parseSealingKeys(set.SEALING_KEYS ?? "") ?? []).map(({ bytes }) => hex(bytes));
  const apiKeys = (parseApiKeys(set.API_KEYS ?? "") ?? []).map(({ hash }) => hex(hash));
  return [
    ...found(hasTwins(signingKeys), "WEBHOOK_SIGNING_KEYS", "must not hold the same key twice"),
    ...found(
      set.WEBHOOK_SIGNING_SECRET !== undefined && signingKeys.includes(set.WEBHOOK_SIGNING_SECRET),
      "WEBHOOK_SIGNING_KEYS",
      "must not hold WEBHOOK_SIGNING_SECRET: Bird is given these keys, and the secret makes all others",
    ),
    ...found(hasTwins(sealingKeys), "SEALING_KEYS", "must not hold the same key under two names"),
    ...found(hasTwins(listOf(set.NOTIFY_SECRET)), "NOTIFY_SECRET", "must not hold the same secret twice"),
    ...found(apiKeys.includes(emptyKey), "API_KEYS", "must not hold the digest of an empty key"),
  ];
};

const guessableSecrets = (set: Settings): readonly Problem[] => {
  const sealingKeys = (parseSealingKeys(set.SEALING_KEYS ?? "") ?? []).map(({ bytes }) => bytes);
  const apiKeys = (parseApiKeys(set.API_KEYS ?? "") ?? []).map(({ hash }) => hash);
  const notifySecrets = listOf(set.NOTIFY_SECRET).map((text) => Buffer.from(text.slice(6), "base64"));
  const texts = (name: string): readonly Buffer[] => listOf(set[name]).map((text) => Buffer.from(text));
  return [
    ...found(texts("WEBHOOK_SIGNING_KEYS").some(isGuessable), "WEBHOOK_SIGNING_KEYS", guessable),
    ...found(texts("WEBHOOK_SIGNING_SECRET").some(isGuessable), "WEBHOOK_SIGNING_SECRET", guessable),
    ...found(
      sealingKeys.some(isGuessable),
      "SEALING_KEYS",
      "must not hold a key that can be guessed: make one with perch keys seal",
    ),
    ...found(notifySecrets.some(isGuessable), "NOTIFY_SECRET", guessable),
    ...found(
      apiKeys.some((hash) => isGuessable(hash) || obviousApiKeys.has(hex(hash))),
      "API_KEYS",
      "must not hold a key that can be guessed: make one with perch keys api",
    ),
  ];
};

const guessable = "must not be guessable: make it with openssl rand -base64 32";

/**
 * One byte over and over, a pattern that repeats, a count such as 0123…, or a handful of different bytes. Chance
 * makes none of them: of 16 random hexadecimal digits, four different ones at most come once in two million.
 */
export const isGuessable = (bytes: Uint8Array): boolean => {
  const steps = new Set(bytes.subarray(1).map((byte, index) => byte - (bytes[index] ?? 0)));
  const periods = Array.from({ length: Math.floor(bytes.length / 2) }, (_, index) => index + 1);
  const repeats = periods.some((period) =>
    bytes.every((byte, index) => index < period || byte === bytes[index - period]),
  );
  return new Set(bytes).size < 5 || steps.size === 1 || repeats;
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const listOf = (text: string | undefined): readonly string[] =>
  text === undefined ? [] : text.split(",").map((part) => part.trim());
const hasTwins = (all: readonly string[]): boolean => new Set(all).size < all.length;
const found = (isSo: boolean, name: string, message: string): readonly Problem[] =>
  isSo ? [{ name, message }] : [];
