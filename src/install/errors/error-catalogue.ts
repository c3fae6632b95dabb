import type { CatalogueEntry } from "./catalogue-entry.ts";
import { metaCatalogue } from "./meta-catalogue.ts";

/**
 * Every deliberate error of an install: what happened, who must act and how. The one source of these texts
 * for results, API, command line and docs.
 */
export const errorCatalogue = {
  invalid_request: {
    message: "The request breaks its schema.",
    actor: "us",
    action: "Correct the named members and send it again.",
    source: "Perch: the schema of a request, validated before anything is enqueued.",
    retryable: false,
  },
  workspace_not_found: {
    message: "Bird does not know the workspace.",
    actor: "operator",
    action: "Check the workspace id, or wait a minute when the workspace is new, then retry.",
    source: "Bird: 404 to three tries at creating the connector.",
    retryable: true,
  },
  unauthorized: {
    message: "Bird refused the access key.",
    actor: "operator",
    action:
      "Set a valid BIRD_ACCESS_KEY with a role and restart API and workers, then resume the workspace; or store a key with perch workspaces key.",
    source: "Bird: 401; installs of the workspace wait, they do not fail for it.",
    retryable: true,
  },
  forbidden: {
    message: "The access key has no policy for this action.",
    actor: "operator",
    action: "Give the key's role the missing policy in Bird, then resume the workspace.",
    source: "Bird: 403; installs of the workspace wait, they do not fail for it.",
    retryable: true,
  },
  rejected_by_bird: {
    message: "Bird refused the data of the request.",
    actor: "us",
    action:
      "Compare the WABA id, phone id, number and token with the embedded signup, correct them and retry.",
    source: "Bird: 400 or 422 to the create, or another 4xx it does not document.",
    retryable: false,
  },
  connector_conflict: {
    message: "Bird has a connector for this that Perch may not take over.",
    actor: "operator",
    action: "Look up the connector in Bird; remove it there or keep using it, then retry.",
    source: "Bird: 409 to the create, or a connector that belongs to another install.",
    retryable: true,
  },
  connector_of_another_install: {
    message: "The connector belongs to another install by now.",
    actor: "operator",
    action: "Look at the install that is named: what happens to the connector is done there.",
    source: "Perch: one install owns a connector; another one adopted it, or was retried.",
    retryable: false,
  },
  rate_limited: {
    message: "Bird answered too many requests for too long.",
    actor: "us",
    action: "Lower BIRD_POSTS_PER_SECOND or ask Bird for a higher limit, then retry.",
    source: "Bird: 429 for 24 hours, whatever pauses were made.",
    retryable: true,
  },
  bird_unavailable: {
    message: "Bird could not be reached or answered with a server fault on every attempt.",
    actor: "bird",
    action: "Check Bird's status page and retry when it is well.",
    source: "The network, or Bird: 5xx and time-outs on every attempt, and no connector to be found.",
    retryable: true,
  },
  ambiguous_submission: {
    message: "A create was sent and its outcome cannot be learned, so it was not sent a second time.",
    actor: "operator",
    action: "Look for the number among the workspace's connectors in Bird; retry only if it is not there.",
    source: "Perch: a create was not answered, and Bird forbids or fails the look for its connector.",
    retryable: true,
  },
  channel_timeout: {
    message: "Bird made the connector but no channel before the deadline.",
    actor: "operator",
    action: "Look at the connector in Bird; an event that still comes completes this install by itself.",
    source: "Perch: CHANNEL_DEADLINE_MS passed without an event and without a channel at Bird.",
    retryable: true,
  },
  channel_not_ready: {
    message: "The channel exists but did not become usable before the deadline.",
    actor: "customer",
    action:
      "Finish what Bird or Meta asks for (review, display name, payment); a later event completes this install.",
    source: "Bird: a channel whose status is not among CHANNEL_READY_STATUSES.",
    retryable: true,
  },
  number_attempts_exhausted: {
    message: "This number was created as often as its budget allows.",
    actor: "us",
    action: "Wait until the window has passed: Meta locks a number after ten registrations in 72 hours.",
    source: "Perch: NUMBER_MAX_CREATES in NUMBER_WINDOW_MS; Meta's error 133016.",
    retryable: true,
  },
  subscription_missing: {
    message: "The workspace has no subscription to channel.created and Perch may not make one.",
    actor: "operator",
    action:
      "Give the key the webhook-subscriptions policy, or make the subscription in Bird; see perch workspaces prepare, then retry.",
    source: "Bird: the workspace's webhook subscriptions, looked at before the create; nothing was sent.",
    retryable: true,
  },
  token_unreadable: {
    message: "The sealed token cannot be opened.",
    actor: "us",
    action:
      "Give producers and workers the same SEALING_KEYS, then retry; where the key is lost, retry with the token.",
    source: "Perch: no key of SEALING_KEYS opens it, or it was sealed for another install; nothing was sent.",
    retryable: true,
  },
  number_mismatch: {
    message: "The phoneId has a current install with another number or WABA.",
    actor: "us",
    action:
      "Correct phoneId, phoneNumber or wabaId: two columns may be swapped or a cell copied; or cancel or uninstall the other install first.",
    source: "Perch: the current install of the phoneId in the workspace; nothing was enqueued.",
    retryable: false,
  },
  ...metaCatalogue,
  cancelled: {
    message: "The install was cancelled.",
    actor: "us",
    action: "Nothing; retry it to start again.",
    source: "A person or service that cancelled it.",
    retryable: true,
  },
  internal: {
    message: "Perch failed in a way it does not know.",
    actor: "us",
    action: "Read the log of the worker for this install's id and report it; retry when it is understood.",
    source: "Perch itself: a bug in a run, or a worker that died repeatedly.",
    retryable: true,
  },
} as const satisfies Record<string, CatalogueEntry>;

/** The closed set of error codes; branch on these, never on messages. */
export type ErrorCode = keyof typeof errorCatalogue;
