/** Who has to act: the operator of Perch (`us`), the operator of the Bird workspace, the number's owner, or Bird. */
export type Actor = "us" | "operator" | "customer" | "bird";

interface CatalogueEntry {
  readonly message: string;
  readonly actor: Actor;
  /** What that party does next. */
  readonly action: string;
  /** Whether the same install may succeed when it is retried after `action`. */
  readonly retryable: boolean;
}

/**
 * Every deliberate error of an install: what happened, who must act and how. The one source of these texts
 * for results, API, command line and docs.
 */
export const errorCatalogue = {
  invalid_request: {
    message: "The request breaks its schema.",
    actor: "us",
    action: "Correct the named members and send it again.",
    retryable: false,
  },
  workspace_not_found: {
    message: "Bird does not know the workspace.",
    actor: "operator",
    action: "Check the workspace id, or wait a minute when the workspace is new, then retry.",
    retryable: true,
  },
  unauthorized: {
    message: "Bird refused the access key.",
    actor: "operator",
    action: "Set a valid BIRD_ACCESS_KEY with a role, then resume the workspace.",
    retryable: true,
  },
  forbidden: {
    message: "The access key has no policy for this action.",
    actor: "operator",
    action: "Give the key's role the missing policy in Bird, then resume the workspace.",
    retryable: true,
  },
  rejected_by_bird: {
    message: "Bird refused the data of the request.",
    actor: "us",
    action:
      "Compare the WABA id, phone id, number and token with the embedded signup, correct them and retry.",
    retryable: false,
  },
  connector_conflict: {
    message: "Bird has a connector for this that Perch may not take over.",
    actor: "operator",
    action: "Look up the connector in Bird; remove it there or keep using it, then retry.",
    retryable: true,
  },
  rate_limited: {
    message: "Bird answered too many requests for too long.",
    actor: "us",
    action: "Lower BIRD_POSTS_PER_SECOND or ask Bird for a higher limit, then retry.",
    retryable: true,
  },
  bird_unavailable: {
    message: "Bird could not be reached or answered with a server fault on every attempt.",
    actor: "bird",
    action: "Check Bird's status page and retry when it is well.",
    retryable: true,
  },
  ambiguous_submission: {
    message: "A create was sent and its outcome cannot be learned, so it was not sent a second time.",
    actor: "operator",
    action: "Look for the number among the workspace's connectors in Bird; retry only if it is not there.",
    retryable: true,
  },
  channel_timeout: {
    message: "Bird made the connector but no channel before the deadline.",
    actor: "operator",
    action: "Look at the connector in Bird; an event that still comes completes this install by itself.",
    retryable: true,
  },
  channel_not_ready: {
    message: "The channel exists but did not become usable before the deadline.",
    actor: "customer",
    action:
      "Finish what Bird or Meta asks for (review, display name, payment); a later event completes this install.",
    retryable: true,
  },
  number_attempts_exhausted: {
    message: "This number was created as often as its budget allows.",
    actor: "us",
    action: "Wait until the window has passed: Meta locks a number after ten registrations in 72 hours.",
    retryable: true,
  },
  subscription_missing: {
    message: "The workspace has no subscription to channel.created and Perch may not make one.",
    actor: "operator",
    action: "Give the key the webhook-subscriptions policy, or make the subscription in Bird.",
    retryable: true,
  },
  cancelled: {
    message: "The install was cancelled.",
    actor: "us",
    action: "Nothing; retry it to start again.",
    retryable: true,
  },
  internal: {
    message: "Perch failed in a way it does not know.",
    actor: "us",
    action: "Read the log of the worker for this install's id and report it; retry when it is understood.",
    retryable: true,
  },
} as const satisfies Record<string, CatalogueEntry>;

/** The closed set of error codes; branch on these, never on messages. */
export type ErrorCode = keyof typeof errorCatalogue;
