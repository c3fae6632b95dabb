import { createHash, createHmac, randomUUID } from "node:crypto";
import { workspaceSigningKey } from "../../src/bird/signature.ts";
import { type Stack, signingSecret } from "./stack.ts";

/**
 * Posts a channel event as Bird would, signed with the key of the workspace whose address it goes to; without one to
 * the plain address, signed with `key`.
 */
export const sendEvent = async (
  { webhook }: Pick<Stack, "webhook">,
  {
    address,
    payload,
    key,
  }: {
    readonly address?: string;
    readonly payload: Readonly<Record<string, unknown>>;
    readonly key?: string;
  },
): Promise<number> => {
  const url = `${webhook.url}/webhooks/bird${address === undefined ? "" : `/${address}`}`;
  const body = Buffer.from(JSON.stringify({ service: "channels", event: "channel.created", payload }));
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signed = Buffer.concat([
    Buffer.from(`${timestamp}\n${url}\n`),
    createHash("sha256").update(body).digest(),
  ]);
  const signingKey = key ?? workspaceSigningKey(signingSecret, address ?? "");
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "messagebird-signature": createHmac("sha256", signingKey).update(signed).digest("base64"),
      "messagebird-request-timestamp": timestamp,
      "messagebird-request-id": randomUUID(),
    },
  });
  return response.status;
};
