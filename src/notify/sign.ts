import { Webhook } from "standardwebhooks";

/** The three headers by which a receiver identifies a notification and checks its sender. */
export interface SignatureHeaders {
  readonly "webhook-id": string;
  /** When this request was made, Unix seconds. */
  readonly "webhook-timestamp": string;
  /** One signature a secret, with spaces between; a receiver needs one valid signature. */
  readonly "webhook-signature": string;
}

/**
 * Signs as Standard Webhooks 1.0 has it, with every secret: while one is rotated receivers may know either.
 *
 * @param secrets `whsec_` and base64 each; at least one.
 * @throws when a secret is not base64.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const createSign = (secrets: readonly string[]) => {
  const signers = secrets.map((secret) => new Webhook(secret));
  return (message: {
    readonly id: string;
    readonly body: string;
    readonly nowMs: number;
  }): SignatureHeaders => {
    const { id, body, nowMs } = message;
    return {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(nowMs / 1000)),
      "webhook-signature": signers.map((signer) => signer.sign(id, new Date(nowMs), body)).join(" "),
    };
  };
};
