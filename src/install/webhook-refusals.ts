/** Why a webhook of Bird's was not taken. */
export const webhookRefusals = [
  ...(["no_key", "no_signature", "bad_signature", "too_old", "too_large"] as const),
  ...(["unsupported_media_type", "invalid_request", "not_found", "method_not_allowed"] as const),
  ...(["address_too_long", "internal", "too_few_shards", "unavailable"] as const),
] as const;

export type WebhookRefusal = (typeof webhookRefusals)[number];

/** What each refusal says and what to do about it, in one or two sentences. */
export const refusalDetails: Readonly<Record<WebhookRefusal, string>> = {
  no_key: "Set WEBHOOK_SIGNING_SECRET or WEBHOOK_SIGNING_KEYS, so that events can be checked.",
  no_signature: "The messagebird-signature or messagebird-request-timestamp header is missing or malformed.",
  bad_signature: "Compare the signing key and WEBHOOK_PUBLIC_URL with the subscription, to the letter.",
  too_old: "The timestamp is outside WEBHOOK_MAX_AGE_MS: check this machine's clock.",
  invalid_request: "The request cannot be read: check its form.",
  not_found: "Events go to /webhooks/bird or /webhooks/bird/{workspaceId}.",
  method_not_allowed: "Events are sent with POST.",
  address_too_long: "A workspace id has at most 64 characters.",
  too_large: "A webhook's body is at most 256 KiB.",
  unsupported_media_type: "Send application/json.",
  too_few_shards:
    "This process has to be started again with more SHARDS, see perch shards; send the event again.",
  internal: "Perch failed in a way it does not know: the log has this request's id.",
  unavailable: "Redis took no event at that time: perch doctor says why. Bird sends such an event again.",
};
