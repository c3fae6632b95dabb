import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { scopes } from "./scopes.ts";

export type Scope = (typeof scopes)[number];

/** One entry of `API_KEYS`: the key itself is kept nowhere. */
export interface ApiKey {
  /** Who uses it; in the log. */
  readonly name: string;
  /** SHA-256 over the UTF-8 key. */
  readonly hash: Uint8Array;
  readonly scopes: readonly Scope[];
}

/** Whether a key with these scopes may do what needs `needed`. */
export const mayDo = (held: readonly Scope[], needed: Scope): boolean =>
  held.some((scope) => scopes.indexOf(scope) >= scopes.indexOf(needed));

export const hashApiKey = (key: string): Buffer => createHash("sha256").update(key).digest();

/** A new key, and its entry for `API_KEYS`. */
export const generateApiKey = (
  name: string,
  held: readonly Scope[],
): { readonly key: string; readonly entry: string } => {
  const key = `perch_${randomBytes(32).toString("base64url")}`;
  return { key, entry: `${name}:${hashApiKey(key).toString("hex")}:${held.join("+")}` };
};

export const isApiKeyName = (text: string): boolean => /^[A-Za-z0-9._-]{1,64}$/.test(text);

/**
 * Reads `name:sha256-hex:scope+scope,…`.
 *
 * @returns the keys in order, or undefined when any part is malformed, or a name or a key comes twice.
 */
export const parseApiKeys = (text: string): readonly ApiKey[] | undefined => {
  const keys = text.split(",").map((part) => parseApiKey(part.trim()));
  const valid = keys.filter((key) => key !== undefined);
  const names = new Set(valid.map(({ name }) => name));
  const hashes = new Set(valid.map(({ hash }) => hash.toString("hex")));
  const isWhole = valid.length === keys.length && names.size === keys.length && hashes.size === keys.length;
  return isWhole ? valid : undefined;
};

const scopesSchema = z.array(z.enum(scopes)).min(1);

const parseApiKey = (text: string) => {
  const [name = "", hash = "", list = "", ...others] = text.split(":");
  const held = scopesSchema.safeParse(list.split("+"));
  const isWhole = isApiKeyName(name) && /^[0-9a-f]{64}$/i.test(hash) && held.success && others.length === 0;
  return isWhole ? { name, hash: Buffer.from(hash, "hex"), scopes: held.data } : undefined;
};
