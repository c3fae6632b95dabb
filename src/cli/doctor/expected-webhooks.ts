import { type DoctorContext, needSetting } from "./doctor-context.ts";
import { needSigning } from "./need-signing.ts";

/** Where events of a workspace must go, by the settings. */
export interface ExpectedWebhook {
  readonly url: string;
  /** Which key signs there, in words. */
  readonly key: string;
}

/**
 * The address a workspace's subscription must have, then others that the webhook service would accept too.
 * With a master secret each workspace has a path and a key of its own.
 *
 * @throws {UnmetError} when `WEBHOOK_PUBLIC_URL` or every signing key is missing.
 */
export const expectedWebhooks = (
  context: Pick<DoctorContext, "config" | "problems">,
  workspaceId: string,
): readonly [ExpectedWebhook, ...ExpectedWebhook[]] => {
  const shared = `${needSetting(context, "WEBHOOK_PUBLIC_URL")}/webhooks/bird`;
  const { WEBHOOK_SIGNING_SECRET, WEBHOOK_SIGNING_KEYS } = needSigning(context);
  const own = {
    url: `${shared}/${workspaceId}`,
    key: "the key derived from WEBHOOK_SIGNING_SECRET for this workspace",
  };
  const plain = { url: shared, key: "the first key of WEBHOOK_SIGNING_KEYS" };
  const hasKeys = WEBHOOK_SIGNING_KEYS !== undefined;
  if (WEBHOOK_SIGNING_SECRET !== undefined) return hasKeys ? [own, plain] : [own];
  return [plain, { url: own.url, key: plain.key }];
};
