import { workspaceSigningKey } from "../bird/signature.ts";
import type { Config } from "./config.ts";

/** A signing key, and its name for messages, which never show keys. */
export interface NamedKey {
  readonly name: string;
  readonly key: string;
}

/** The keys the webhook service accepts on a workspace's path, or without one on `/webhooks/bird`; see `signature.ts`. */
export const webhookKeys = (
  config: Pick<Config, "WEBHOOK_SIGNING_KEYS" | "WEBHOOK_SIGNING_SECRET">,
  workspaceId: string | undefined,
): readonly NamedKey[] => {
  const { WEBHOOK_SIGNING_KEYS = [], WEBHOOK_SIGNING_SECRET: secret } = config;
  const plain = WEBHOOK_SIGNING_KEYS.map((key, index) => ({
    name: `key ${index + 1} of WEBHOOK_SIGNING_KEYS`,
    key,
  }));
  if (workspaceId === undefined || secret === undefined) return plain;
  const name = `the key derived from WEBHOOK_SIGNING_SECRET for workspace ${workspaceId}`;
  return [{ name, key: workspaceSigningKey(secret, workspaceId) }, ...plain];
};
