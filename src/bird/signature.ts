import { createHmac, hash, hkdfSync, timingSafeEqual } from "node:crypto";

/** What Bird signs: the timestamp header, the whole subscribed URL, and the body bytes as sent. */
interface SignedParts {
  /** Text of the `messagebird-request-timestamp` header: Unix seconds. */
  readonly timestamp: string;
  /** Scheme, host, path and query exactly as subscribed. */
  readonly url: string;
  readonly body: Uint8Array;
}

/**
 * Signature of a webhook, as Bird puts it into `messagebird-signature`: standard Base64 of 32 bytes.
 *
 * The key is used as text, also when it looks like Base64.
 *
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions/verifying-a-webhook-subscription
 */
export const signWebhook = (parts: SignedParts, signingKey: string): string =>
  digest(parts, signingKey).toString("base64");

/**
 * Whether `signature` is Bird's over these parts under any of the keys (several while rotating).
 * Compares in constant time; a malformed signature is simply not valid.
 */
export const isSignatureValid = (
  parts: SignedParts & { readonly signature: string },
  signingKeys: readonly string[],
): boolean => {
  const given = Buffer.from(parts.signature, "base64");
  // Buffer's decoder skips foreign characters; only the one canonical spelling is accepted.
  if (given.length !== 32 || given.toString("base64") !== parts.signature) return false;
  return signingKeys.filter((key) => timingSafeEqual(given, digest(parts, key))).length > 0;
};

/**
 * Signing key of one workspace's subscription, derived from the master secret, so that a key leaked by one
 * customer's workspace cannot sign another workspace's events.
 *
 * HKDF-SHA256 (RFC 5869) with an empty salt, info `perch:bird-webhook:` + lower-case workspace id, 32 bytes,
 * as base64url without padding.
 */
export const workspaceSigningKey = (masterSecret: string, workspaceId: string): string => {
  const info = `perch:bird-webhook:${workspaceId.toLowerCase()}`;
  return Buffer.from(hkdfSync("sha256", masterSecret, "", info, 32)).toString("base64url");
};

const digest = ({ timestamp, url, body }: SignedParts, signingKey: string): Buffer => {
  const bodyHash = hash("sha256", body, "buffer");
  return createHmac("sha256", signingKey).update(`${timestamp}\n${url}\n`).update(bodyHash).digest();
};
