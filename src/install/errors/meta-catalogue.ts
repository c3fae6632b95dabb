import type { CatalogueEntry } from "./catalogue-entry.ts";

/**
 * What the preflight at Meta finds, before anything is created. With META_PREFLIGHT=require a finding ends its install with
 * the code, `meta_token_expires_soon` apart.
 */
export const metaCatalogue = {
  meta_token_invalid: {
    message: "Meta does not accept the token.",
    actor: "customer",
    action: "Sign up again with the embedded signup; then retry with the new token.",
    source:
      "Meta: debug_token says is_valid false, or error 190 (facebook-login/access-tokens/debugging-and-error-handling); nothing was created.",
    retryable: true,
  },
  meta_token_expired: {
    message: "The token has expired at Meta.",
    actor: "customer",
    action: "Sign up again with the embedded signup; then retry with the new token.",
    source:
      "Meta: expires_at of debug_token is past, or error 190 with subcode 463 (facebook-login/access-tokens/debugging-and-error-handling); nothing was created.",
    retryable: true,
  },
  meta_token_expires_soon: {
    message: "The token expires within a week.",
    actor: "us",
    action:
      "Send a token that does not expire: that of a system user, as the embedded signup's code gives it.",
    source:
      "Meta: expires_at of debug_token (graph-api/reference/debug_token); a warning, which ends no install.",
    retryable: true,
  },
  meta_token_of_another_app: {
    message: "The token was made by another app than META_APP_ID.",
    actor: "us",
    action:
      "Use the embedded signup of the app META_APP_ID, or set META_APP_ID to the app of the signup; then retry.",
    source:
      "Meta: app_id of debug_token, or the app may not inspect a token that works: both must be of one app (facebook-login/guides/access-tokens/debugging); nothing was created.",
    retryable: true,
  },
  meta_token_lacks_permission: {
    message: "The token lacks a permission of WhatsApp.",
    actor: "customer",
    action:
      "Sign up again and grant everything that is asked for; the app needs Advanced Access for both permissions.",
    source:
      "Meta: scopes of debug_token, or error 3, 10 or 200 to 299 (whatsapp/permissions, whatsapp/support/error-codes); nothing was created.",
    retryable: true,
  },
  meta_waba_not_found: {
    message: "Meta shows the token no WhatsApp Business account with this wabaId.",
    actor: "us",
    action: "Compare wabaId and the token with what the embedded signup gave: they may be of two customers.",
    source:
      "Meta: error 100 with subcode 33 for the account, which it documents nowhere; nothing was created.",
    retryable: true,
  },
  meta_phone_not_found: {
    message: "Meta shows the token no phone number with this phoneId.",
    actor: "us",
    action:
      "Compare phoneId with what the embedded signup gave: it may be swapped with wabaId or belong to another row.",
    source:
      "Meta: error 100 with subcode 33 for the phone number, which it documents nowhere; nothing was created.",
    retryable: true,
  },
  meta_phone_of_another_waba: {
    message: "The phone number exists at Meta, and not in this WhatsApp Business account.",
    actor: "us",
    action: "Correct wabaId or phoneId, which may be of two rows; then retry.",
    source:
      "Meta: the phone numbers of the account, read to their end (whatsapp/solution-providers/manage-phone-numbers); nothing was created.",
    retryable: true,
  },
  meta_number_differs: {
    message: "Meta shows another number for this phoneId.",
    actor: "us",
    action: "Correct phoneNumber or phoneId: a cell may be shifted by one row.",
    source: "Meta: display_phone_number of the phone number; nothing was created.",
    retryable: true,
  },
  meta_phone_not_verified: {
    message: "The owner of the phone number has not verified it at Meta.",
    actor: "customer",
    action: "Verify the number in WhatsApp Manager, or finish the embedded signup with its code; then retry.",
    source:
      "Meta: code_verification_status NOT_VERIFIED of a number that is not connected; a number must be verified before it is registered (whatsapp/business-phone-numbers/registration); nothing was created.",
    retryable: true,
  },
  meta_phone_connected_elsewhere: {
    message: "The phone number is in use with the On-Premises API.",
    actor: "customer",
    action: "Migrate the number from the On-Premises API to Cloud API as Meta describes it; then retry.",
    source:
      "Meta: platform_type ON_PREMISE; registering such a number takes extra steps (whatsapp/business-phone-numbers/registration); nothing was created.",
    retryable: true,
  },
} as const satisfies Record<string, CatalogueEntry>;

/** Codes of findings at Meta. */
export type MetaCode = keyof typeof metaCatalogue;
