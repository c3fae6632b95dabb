import { workspaceSigningKey } from "../bird/signature.ts";

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
