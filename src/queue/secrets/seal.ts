import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { z } from "zod";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { decryptCompact, encodeHeader, encryptCompact } from "./compact-jwe.ts";
import { createKeptDigests, type KeptDigests } from "./kept-digests.ts";

/** What is sealed: the write-only members of a request. */
const secretsSchema = z.object({ accessToken: z.string(), invitationToken: z.string().optional() });
export type Secrets = z.infer<typeof secretsSchema>;

/** A sealing key: 32 bytes and the name under which sealed copies refer to it. */
export interface SealingKey {
  readonly kid: string;
  readonly bytes: Uint8Array;
}

/** What a sealed copy is for. It opens for nothing else, so one that is moved to another place, in Redis or in a cookie, is of no use there. */
export type SealedFor =
  | {
      readonly purpose: "tokens" | "signing-key";
      readonly installId: string;
      readonly workspaceId: string;
    }
  | { readonly purpose: "access-key"; readonly workspaceId: string }
  | { readonly purpose: "connect-link"; readonly linkId: string; readonly workspaceId: string }
  | { readonly purpose: "session" };

/** Why a sealed copy can't be opened. */
type UnsealReason =
  /** The key it names is not in the list. */
  | "key_missing"
  /** It was changed, or its key is another one of the same name. */
  | "unreadable"
  /** It was sealed for something else, or by a version that did not write down what for. */
  | "not_for_this";

/** A sealed copy can't be opened. Nothing of it is in the message. */
export class UnsealError extends Error {
  readonly code = "token_unreadable";
  readonly reason: UnsealReason;

  constructor(message: string, { reason, ...options }: ErrorOptions & { readonly reason: UnsealReason }) {
    super(message, options);
    this.name = "UnsealError";
    this.reason = reason;
  }
}

export interface Seal {
  /** Encrypts with the first key. */
  seal(secrets: Secrets, install: InstallOfSecrets): Promise<string>;
  /** @throws {UnsealError} */
  open(sealed: string, install: InstallOfSecrets): Promise<Secrets>;
  sealText(text: string, sealedFor: SealedFor): Promise<string>;
  /** @throws {UnsealError} */
  openText(sealed: string, sealedFor: SealedFor): Promise<string>;
  /**
   * What was sealed by a version that did not write down what for. Only for copies whose text says that itself.
   *
   * @throws {UnsealError}
   */
  openUnbound(sealed: string): Promise<string>;
  /** Digests under the same keys. */
  readonly digests: KeptDigests;
  /** The keys by what may be shown and stored of them, in order. */
  readonly keys: readonly [KeyLabel, ...KeyLabel[]];
}

/** What may be shown and stored of a sealing key. */
interface KeyLabel {
  readonly kid: string;
  /** Keyed digest: processes with the same key under the same name have the same one, and the key cannot be guessed from it. */
  readonly fingerprint: string;
}

interface InstallOfSecrets {
  readonly installId: string;
  readonly workspaceId: string;
}

/** What is encrypted: a text, and what it is for. */
const boxSchema = z.strictObject({ for: z.string(), text: z.string() });

/**
 * Seals secrets as compact JWE (RFC 7516) with `dir` and A256GCM. The key's name travels in the header, so
 * that copies sealed before a rotation still open while the old key stays in the list. What a copy is for is encrypted
 * with it and asked on opening: who can write to Redis must not have one install's token sent for another.
 *
 * @param keys At least one; the first seals, all open.
 */
export const createSeal = (keys: readonly SealingKey[]): Seal => {
  const [first, ...others] = keys;
  if (first === undefined)
    throw new UnsealError("There is no sealing key: set SEALING_KEYS.", { reason: "key_missing" });
  const secretKeys = new Map(keys.map(({ kid, bytes }) => [kid, createSecretKey(bytes)]));
  const sealing = { header: encodeHeader(first.kid), key: createSecretKey(first.bytes) };
  const keyOf = (kid: string): KeyObject => {
    const key = secretKeys.get(kid);
    if (key !== undefined) return key;
    // Anybody may have written the header.
    const named = /^[\w.-]{1,64}$/.test(kid) ? kid : "without a good name";
    throw new UnsealError(`Sealing key ${named} is not in SEALING_KEYS.`, { reason: "key_missing" });
  };
  const decrypt = (sealed: string): string => orUnsealError(() => decryptCompact(sealed, keyOf));
  const sealText: Seal["sealText"] = async (text, sealedFor) =>
    encryptCompact(
      JSON.stringify({ for: nameOf(sealedFor), text } satisfies z.infer<typeof boxSchema>),
      sealing,
    );
  const openText: Seal["openText"] = async (sealed, sealedFor) => {
    const box = boxSchema.safeParse(jsonOrUndefined(decrypt(sealed))).data;
    if (box?.for === nameOf(sealedFor)) return box.text;
    throw new UnsealError(`A sealed copy is not ${whose[sealedFor.purpose]}.`, { reason: "not_for_this" });
  };
  return {
    sealText,
    openText,
    openUnbound: async (sealed) => decrypt(sealed),
    digests: createKeptDigests(keys),
    keys: [labelOf(first), ...others.map(labelOf)],
    seal: (secrets, install) => sealText(JSON.stringify(secrets), { purpose: "tokens", ...install }),
    open: async (sealed, install) => {
      const text = await openText(sealed, { purpose: "tokens", ...install });
      return orUnsealError(() => secretsSchema.parse(JSON.parse(text)));
    },
  };
};

const labelOf = (key: SealingKey): KeyLabel => ({
  kid: key.kid,
  fingerprint: createKeptDigests([key]).first.of("sealing-key", key.kid),
});

const whose = {
  tokens: "this install's token",
  "signing-key": "this install's signing key",
  "access-key": "this workspace's access key",
  "connect-link": "this link's secrets",
  session: "a session",
} as const;

const nameOf = (sealedFor: SealedFor): string => {
  const workspace = "workspaceId" in sealedFor ? [sealedFor.workspaceId.toLowerCase()] : [];
  const install = "installId" in sealedFor ? [sealedFor.installId] : [];
  const link = "linkId" in sealedFor ? [sealedFor.linkId] : [];
  return [sealedFor.purpose, ...workspace, ...install, ...link].join(" ");
};

const orUnsealError = <T>(open: () => T): T => {
  try {
    return open();
  } catch (error) {
    if (error instanceof UnsealError) throw error;
    // Without its cause, which may quote what was opened.
    throw new UnsealError("A sealed copy was changed, or its key is another one of the same name.", {
      reason: "unreadable",
    });
  }
};

const keyBytes = 32;

/** A new sealing key in the form of `SEALING_KEYS`: `kid:base64url`. The kid is the day it was made. */
export const generateSealingKey = (now: Date = new Date()): string => {
  const day = now.toISOString().slice(0, 10).replaceAll("-", "");
  return `k${day}-${randomBytes(3).toString("hex")}:${randomBytes(keyBytes).toString("base64url")}`;
};

/**
 * Reads `kid:base64url-32-bytes,…`.
 *
 * @returns the keys in order, or undefined when any part is malformed or a kid repeats.
 */
export const parseSealingKeys = (text: string): readonly SealingKey[] | undefined => {
  const keys = text.split(",").map((part) => parseSealingKey(part.trim()));
  const valid = keys.filter((key) => key !== undefined);
  const kids = new Set(valid.map((key) => key.kid));
  return valid.length === keys.length && kids.size === keys.length ? valid : undefined;
};

/** The same, of a text that must be right. @throws {TypeError} */
export const readSealingKeys = (text: string): readonly SealingKey[] => {
  const keys = parseSealingKeys(text);
  if (keys === undefined) throw new TypeError("sealingKeys must be a list kid:base64url-32-bytes,…");
  return keys;
};

const parseSealingKey = (text: string): SealingKey | undefined => {
  const match = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]{43})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const bytes = Buffer.from(match[2], "base64url");
  return bytes.length === keyBytes ? { kid: match[1], bytes } : undefined;
};
