import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { installMembersSchema } from "../../install/request.ts";

/** What an API key may do. See `grants` in `api-keys.ts` for which scope includes which. */
export const scopes = ["read", "messages", "write", "admin"] as const;

export type Scope = (typeof scopes)[number];

/** One entry of `API_KEYS`. The key itself is not stored. */
export interface ApiKey {
  /** Name of the client; written to the log, and to the installs and batches it makes. */
  readonly name: string;
  /** SHA-256 over the UTF-8 key. */
  readonly hash: Uint8Array;
  readonly scopes: readonly Scope[];
  /** The only workspaces it may see and act in, in lower case; undefined: all. */
  readonly workspaces?: readonly string[] | undefined;
}

/** What each scope includes. `write` and `admin` include `messages` until 1.0, because they sent test messages before that scope existed. */
const grants = {
  read: ["read"],
  messages: ["messages"],
  write: ["read", "write", "messages"],
  admin: scopes,
} as const satisfies Record<Scope, readonly Scope[]>;

/** Whether a key with these scopes may do what needs `needed`. */
export const mayDo = (held: readonly Scope[], needed: Scope): boolean =>
  held.some((scope) => grants[scope].some((granted) => granted === needed));

/** All scopes that these include. */
export const allowedScopes = (held: readonly Scope[]): readonly Scope[] =>
  scopes.filter((scope) => mayDo(held, scope));

export const hashApiKey = (key: string): Buffer => hash("sha256", key, "buffer");

/** A new key, and its entry for `API_KEYS`. @param workspaces None: all. */
export const generateApiKey = (
  name: string,
  held: readonly Scope[],
  workspaces: readonly string[] = [],
): { readonly key: string; readonly entry: string } => {
  const key = `perch_${randomBytes(32).toString("base64url")}`;
  const parts = [name, hashApiKey(key).toString("hex"), held.join("+")];
  return { key, entry: [...parts, ...(workspaces.length === 0 ? [] : [workspaces.join("+")])].join(":") };
};

export const isApiKeyName = (text: string): boolean => /^[A-Za-z0-9._-]{1,64}$/.test(text);

/** A workspace's UUID, as requests write it; in lower case. */
export const workspaceIdSchema = installMembersSchema.shape.workspaceId;

/**
 * Reads `name:sha256-hex:scope+scope,…`, where an entry may end in `:workspace+workspace…`.
 *
 * @returns the keys in order, or everything that is wrong with the entries, by their place and never with their text.
 */
export const readApiKeys = (
  text: string,
): { readonly keys: readonly ApiKey[] } | { readonly issues: readonly string[] } => {
  const parts = text.split(",").map((part) => readApiKey(part.trim()));
  const keys = parts.flatMap((part) => ("key" in part ? [part.key] : []));
  const issues = [
    ...parts.flatMap((part, index) => ("issue" in part ? [`entry ${index + 1}: ${part.issue}`] : [])),
    ...repeated("name", parts, ({ name }) => name),
    ...repeated("key", parts, ({ hash }) => Buffer.from(hash).toString("hex")),
  ];
  return issues.length === 0 ? { keys } : { issues };
};

/** The keys of a text that was validated before; undefined when any part of it is malformed. */
export const parseApiKeys = (text: string): readonly ApiKey[] | undefined => {
  const read = readApiKeys(text);
  return "keys" in read ? read.keys : undefined;
};

type ReadApiKey = { readonly key: ApiKey } | { readonly issue: string };

const scopesSchema = z.array(z.enum(scopes)).min(1);
const workspacesSchema = z.array(workspaceIdSchema).min(1);

const readApiKey = (text: string): ReadApiKey => {
  const [name = "", hash = "", list = "", workspaceList, ...others] = text.split(":");
  if (!isApiKeyName(name))
    return { issue: "the name must be 1 to 64 letters, digits, dots, dashes or underscores" };
  if (!/^[0-9a-f]{64}$/i.test(hash)) return { issue: "the hash must be 64 hexadecimal digits" };
  const held = scopesSchema.safeParse(list.split("+"));
  if (!held.success) return { issue: `each scope must be one of ${scopes.join(", ")}` };
  if (others.length > 0) return { issue: "nothing may follow the workspaces" };
  const key = { name, hash: Buffer.from(hash, "hex"), scopes: held.data };
  if (workspaceList === undefined) return { key };
  const workspaces = workspacesSchema.safeParse(workspaceList.split("+"));
  if (!workspaces.success)
    return { issue: "each workspace must be a UUID; leave the last colon out for all workspaces" };
  return { key: { ...key, workspaces: [...new Set(workspaces.data)] } };
};

/** Names the entries that share a name or a key. */
const repeated = (
  what: string,
  parts: readonly ReadApiKey[],
  of: (key: ApiKey) => string,
): readonly string[] => {
  const places = parts.flatMap((part, index) =>
    "key" in part ? [{ place: index + 1, value: of(part.key) }] : [],
  );
  return [...Map.groupBy(places, ({ value }) => value).values()]
    .filter((same) => same.length > 1)
    .map((same) => `entries ${same.map(({ place }) => place).join(" and ")} have the same ${what}`);
};

/**
 * Finds the entry of a presented key. Compares all digests in constant time, so the duration reveals nothing about
 * any key.
 */
export const findApiKey = (keys: readonly ApiKey[], presented: string): ApiKey | undefined => {
  const hash = hashApiKey(presented);
  return keys.filter((key) => timingSafeEqual(key.hash, hash)).at(0);
};
