import { createHash } from "node:crypto";
import type { ApiKey } from "../api/auth/api-keys.ts";
import { isLoopback } from "../http/is-loopback.ts";
import { isGuessable, weakSealingKeys } from "../queue/secrets/guessable.ts";
import type { SealingKey } from "../queue/secrets/seal.ts";

interface Problem {
  readonly name: string;
  readonly message: string;
}

type Settings = Readonly<Record<string, string | undefined>>;

/** The parsed keys among the settings. */
interface ReadKeys {
  readonly SEALING_KEYS?: { readonly keys: readonly SealingKey[] } | undefined;
  readonly API_KEYS?: readonly ApiKey[] | undefined;
}

/** Placeholder keys. API keys are known only as digests. */
const obviousApiKeys = new Set(
  [
    ...["admin", "api", "api-key", "apikey", "changeme", "demo", "key", "KEY", "password", "perch", "root"],
    ...["sandbox", "secret", "test", "token", "123456", "12345678", "0", "1", " ", "\n", "null", "undefined"],
  ].flatMap((key) => [key, `${key}\n`].map((text) => createHash("sha256").update(text).digest("hex"))),
);
const emptyKey = createHash("sha256").update("").digest("hex");

/**
 * Names well-formed secrets that can be guessed. With a sandbox they may be, because they protect nothing.
 *
 * @param set Settings that are set and, each by itself, right.
 * @param read The keys among them.
 */
export const weakSecrets = (
  set: Settings,
  { SEALING_KEYS: sealing, API_KEYS: apiKeys = [] }: ReadKeys,
): readonly Problem[] => {
  const allowsGuessable = isSandboxed(set);
  return [
    ...repeatedSecrets(set, apiKeys),
    ...weakSealingKeys(sealing?.keys ?? [], { allowsGuessable }).map((message) => ({
      name: "SEALING_KEYS",
      message,
    })),
    ...(allowsGuessable ? [] : guessableSecrets(set, apiKeys)),
  ];
};

/** Whether Bird is on this machine: a simulated one. */
export const isSandboxed = (set: { readonly BIRD_API_URL?: string | undefined }): boolean =>
  isLoopback(URL.parse(set.BIRD_API_URL ?? "")?.hostname ?? "");

const repeatedSecrets = (set: Settings, apiKeys: readonly ApiKey[]): readonly Problem[] => {
  const signingKeys = listOf(set.WEBHOOK_SIGNING_KEYS);
  return [
    ...found(hasTwins(signingKeys), "WEBHOOK_SIGNING_KEYS", "must not hold the same key twice"),
    ...found(
      set.WEBHOOK_SIGNING_SECRET !== undefined && signingKeys.includes(set.WEBHOOK_SIGNING_SECRET),
      "WEBHOOK_SIGNING_KEYS",
      "must not hold WEBHOOK_SIGNING_SECRET: Bird is given these keys, and the secret makes all others",
    ),
    ...found(hasTwins(listOf(set.NOTIFY_SECRET)), "NOTIFY_SECRET", "must not hold the same secret twice"),
    ...found(
      apiKeys.some(({ hash }) => hex(hash) === emptyKey),
      "API_KEYS",
      "must not hold the digest of an empty key",
    ),
  ];
};

const guessableSecrets = (set: Settings, apiKeys: readonly ApiKey[]): readonly Problem[] => {
  const notifySecrets = listOf(set.NOTIFY_SECRET).map((text) => Buffer.from(text.slice(6), "base64"));
  const texts = (name: string): readonly Buffer[] => listOf(set[name]).map((text) => Buffer.from(text));
  return [
    ...found(texts("WEBHOOK_SIGNING_KEYS").some(isGuessable), "WEBHOOK_SIGNING_KEYS", guessable),
    ...found(texts("WEBHOOK_SIGNING_SECRET").some(isGuessable), "WEBHOOK_SIGNING_SECRET", guessable),
    ...found(notifySecrets.some(isGuessable), "NOTIFY_SECRET", guessable),
    ...found(
      apiKeys.some(({ hash }) => isGuessable(hash) || obviousApiKeys.has(hex(hash))),
      "API_KEYS",
      "must not hold a key that can be guessed: make one with perch keys api",
    ),
  ];
};

const guessable = "must not be guessable: make it with openssl rand -base64 32";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const listOf = (text: string | undefined): readonly string[] =>
  text === undefined ? [] : text.split(",").map((part) => part.trim());
const hasTwins = (all: readonly string[]): boolean => new Set(all).size < all.length;
const found = (isSo: boolean, name: string, message: string): readonly Problem[] =>
  isSo ? [{ name, message }] : [];
