import { workspaceSigningKey } from "../../bird/signature.ts";
import type { Config } from "../../config/config.ts";
import { type NamedKey, webhookKeys } from "../../config/webhook-keys.ts";
import type { KnownKeys } from "./key-variants.ts";

const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
/** Ids to try as the workspace's. */
const idsMax = 10;

/**
 * The known keys for a webhook. A key file replaces the keys the service accepts; without one they come from the settings,
 * as the webhook service reads them.
 */
export const knownKeys = (
  config: Pick<Config, "WEBHOOK_SIGNING_KEYS" | "WEBHOOK_SIGNING_SECRET">,
  webhook: { readonly url: string; readonly body: Buffer },
  keyFileText: string | undefined,
): KnownKeys => {
  const { WEBHOOK_SIGNING_SECRET: secret } = config;
  const [, id] = /\/webhooks\/bird\/([0-9a-f-]{36})\/?(?:$|[?#])/i.exec(webhook.url) ?? [];
  const workspaceId = id?.toLowerCase();
  const ofSettings = webhookKeys(config, workspaceId);
  const named = `${webhook.url} ${webhook.body.toString("utf8")}`.toLowerCase().match(uuids) ?? [];
  const derived = secret === undefined ? [] : [...new Set(named)].slice(0, idsMax).map(derivedFrom(secret));
  return {
    accepted: keyFileText === undefined ? ofSettings : keysOfFile(keyFileText),
    others: keyFileText === undefined ? derived : [...ofSettings, ...derived],
    secret,
    workspaceId,
  };
};

const derivedFrom =
  (secret: string) =>
  (workspaceId: string): NamedKey => ({
    name: `the key derived from WEBHOOK_SIGNING_SECRET for workspace ${workspaceId}`,
    key: workspaceSigningKey(secret, workspaceId),
  });

/** One key a line. */
const keysOfFile = (text: string): readonly NamedKey[] => {
  const keys = text.split(/\r?\n/).filter((line) => line !== "");
  return keys.map((key, index) => ({
    name: keys.length === 1 ? "the key of --key-file" : `key ${index + 1} of --key-file`,
    key,
  }));
};
