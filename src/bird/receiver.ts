import { workspaceSigningKey } from "./signature.ts";

/** The address of Perch's webhook service, and the keys with which it checks Bird's signatures. */
export interface Receiver {
  /** `WEBHOOK_PUBLIC_URL`, without a slash at its end. */
  readonly publicUrl: string;
  /** `WEBHOOK_SIGNING_KEYS`. */
  readonly signingKeys: readonly string[];
  /** `WEBHOOK_SIGNING_SECRET`. */
  readonly signingSecret: string | undefined;
}

/** The address and key of one workspace's events. */
export interface Destination {
  readonly url: string;
  readonly signingKey: string;
  /** See {@link ownUrls}. */
  readonly ownUrls: readonly string[];
}

/** Whether there is any key to check events with; without one a subscription has no use. */
export const hasKey = ({ signingKeys, signingSecret }: Receiver): boolean =>
  signingSecret !== undefined || signingKeys.length > 0;

const plainUrlOf = ({ publicUrl }: Receiver): string => `${publicUrl}/webhooks/bird`;

const workspaceUrlOf = (receiver: Receiver, workspaceId: string): string =>
  `${plainUrlOf(receiver)}/${workspaceId}`;

/**
 * Every address at which the webhook service can check a workspace's events; a subscription to one of them is Perch's
 * own. Plain keys are accepted at both addresses, the derived key at the workspace's.
 */
export const ownUrls = (receiver: Receiver, workspaceId: string): readonly string[] => {
  const workspaceUrl = workspaceUrlOf(receiver, workspaceId);
  return receiver.signingKeys.length === 0 ? [workspaceUrl] : [workspaceUrl, plainUrlOf(receiver)];
};

/** Address and key of a workspace's subscription; undefined when there is no key. */
export const destinationOf = (receiver: Receiver, workspaceId: string): Destination | undefined => {
  const { signingKeys, signingSecret } = receiver;
  const own = ownUrls(receiver, workspaceId);
  if (signingSecret !== undefined) {
    const signingKey = workspaceSigningKey(signingSecret, workspaceId);
    return { url: workspaceUrlOf(receiver, workspaceId), signingKey, ownUrls: own };
  }
  const [signingKey] = signingKeys;
  return signingKey === undefined ? undefined : { url: plainUrlOf(receiver), signingKey, ownUrls: own };
};
