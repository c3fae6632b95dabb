import { isSignatureValid, workspaceSigningKey } from "../bird/signature.ts";

/** Why a webhook is refused. */
export type SignatureFault = "no_key" | "no_signature" | "bad_signature" | "too_old";

/** How far Bird's clock may run ahead of ours. */
const aheadMaxMs = 300_000;

/**
 * Checks a webhook's signature first and its age second: Bird's repeats keep the first timestamp, so a narrow window
 * would lose events. Replays are harmless, because an event is stored once.
 */
export const checkSignature = (
  webhook: {
    readonly signature: string | undefined;
    readonly timestamp: string | undefined;
    readonly url: string;
    readonly body: Uint8Array;
  },
  options: { readonly keys: readonly string[]; readonly maxAgeMs: number; readonly nowMs: number },
): SignatureFault | undefined => {
  const { signature, timestamp, url, body } = webhook;
  if (options.keys.length === 0) return "no_key";
  if (signature === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp))
    return "no_signature";
  if (!isSignatureValid({ signature, timestamp, url, body }, options.keys)) return "bad_signature";
  const ageMs = options.nowMs - Number(timestamp) * 1000;
  return ageMs > options.maxAgeMs || ageMs < -aheadMaxMs ? "too_old" : undefined;
};

/**
 * Keys a webhook may be signed with: on a workspace's own path the one derived from the master secret (and
 * the plain keys, for subscriptions made before there was a secret), else the plain keys.
 */
export const createSigningKeys = (settings: {
  /** `WEBHOOK_SIGNING_KEYS`. */
  readonly keys: readonly string[];
  /** `WEBHOOK_SIGNING_SECRET`. */
  readonly secret: string | undefined;
}) => {
  const derived = new Map<string, string>();
  const derivedKey = (secret: string, workspaceId: string): string => {
    const known = derived.get(workspaceId);
    if (known !== undefined) return known;
    // Anyone can make up workspace ids, so what is remembered is bounded.
    if (derived.size >= derivedMax) derived.clear();
    const key = workspaceSigningKey(secret, workspaceId);
    derived.set(workspaceId, key);
    return key;
  };
  return (workspaceId: string | undefined): readonly string[] =>
    workspaceId === undefined || settings.secret === undefined
      ? settings.keys
      : [derivedKey(settings.secret, workspaceId), ...settings.keys];
};

const derivedMax = 10_000;
