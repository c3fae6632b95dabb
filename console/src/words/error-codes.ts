import type { InstallError } from "../api/resources.ts";
import { codeWords } from "./actors.ts";

type Code = InstallError["code"];

/** Codes an install may fail with. A record, so that a new code of the API does not compile until it is here. */
const codes = {
  ambiguous_submission: true,
  bird_unavailable: true,
  cancelled: true,
  channel_not_ready: true,
  channel_timeout: true,
  connector_conflict: true,
  connector_of_another_install: true,
  forbidden: true,
  internal: true,
  invalid_request: true,
  meta_number_differs: true,
  meta_phone_connected_elsewhere: true,
  meta_phone_not_found: true,
  meta_phone_not_verified: true,
  meta_phone_of_another_waba: true,
  meta_token_expired: true,
  meta_token_expires_soon: true,
  meta_token_invalid: true,
  meta_token_lacks_permission: true,
  meta_token_of_another_app: true,
  meta_waba_not_found: true,
  number_attempts_exhausted: true,
  number_mismatch: true,
  rate_limited: true,
  rejected_by_bird: true,
  subscription_missing: true,
  token_unreadable: true,
  unauthorized: true,
  workspace_not_found: true,
} as const satisfies Record<Code, true>;

export const isErrorCode = (text: string): text is Code => Object.hasOwn(codes, text);

/** The codes as choices of a select. */
export const errorCodeChoices = Object.keys(codes).map((id) => ({ id, text: codeWords(id) }));
