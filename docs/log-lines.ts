/** A line Perch may write into its log. */
interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  /** Members it may have besides those of every line; one that does not apply is omitted. */
  readonly fields: readonly string[];
  /** When it is written. */
  readonly says: string;
}

/** The ids of an install. */
const birdFields = ["birdStatus", "birdCode", "birdMessage", "birdDetails", "birdRequestId"];
const install = ["installId", "batchId", "row", "workspaceId", "connectorId"] as const;
const notification = ["notificationId", "type", "installId", "batchId", "url"] as const;
const request = ["requestId", "method", "route", "httpStatus", "ms", "key"] as const;
const acted = ["requestId", ...install, "channelId", "status"] as const;
const stored = ["requestId", "result", "installId", "workspaceId", "connectorId", "channelId"] as const;

/** Every line whose message is written out in the source. `docs/logs.md` is made from it. */
export const logLines: readonly LogLine[] = [
  {
    level: "info",
    message: "install queued",
    fields: acted,
    says: "The API has queued a new install.",
  },
  {
    level: "info",
    message: "install is sent to Bird",
    fields: [...install, "attempt", "status"],
    says: "Written right before the create. Not written when a look found the connector.",
  },
  {
    level: "info",
    message: "install is tried again later",
    fields: [...install, "attempt", "untilMs", "what", "status"],
    says: "`what` went wrong and nothing was created, or a create was not answered and is looked for.",
  },
  {
    level: "info",
    message: "install is held",
    fields: [...install, "attempt", "untilMs", "what", "status", "reason"],
    says: "Its workspace is held; it waits at no cost in attempts.",
  },
  {
    level: "info",
    message: "install waits because its batch is paused",
    fields: [...install, "attempt", "untilMs", "what", "status"],
    says: "Its batch is paused, or its canary has not ended.",
  },
  {
    level: "info",
    message: "install waits for its channel",
    fields: [...install, "attempt", "untilMs", "what", "status"],
    says: "Its connector was created or adopted; again after each look at Bird that found no usable channel.",
  },
  {
    level: "debug",
    message: "install comes again later",
    fields: [...install, "attempt", "untilMs", "what"],
    says: "A run had nothing to do yet: a place in a budget, a look that is not due.",
  },
  {
    level: "info",
    message: "install completed",
    fields: [...install, "channelId", "channelStatus", "completedBy", "attempt", "status"],
    says: "The end: a usable channel, by `webhook` or `poll`.",
  },
  {
    level: "info",
    message: "install healed: it had failed before its event came",
    fields: [...install, "channelId", "channelStatus", "completedBy", "attempt", "status"],
    says: "A late event completed a failed install.",
  },
  {
    level: "warn",
    message: "install failed",
    fields: [...install, "attempt", "code", "status", ...birdFields],
    says: "The end, by a `code` of errors.md.",
  },
  {
    level: "error",
    message: "install failed by a fault of Perch",
    fields: [...install, "attempt", "code", "status", ...birdFields],
    says: "The end, by code `internal`.",
  },
  {
    level: "info",
    message: "install cancelled",
    fields: [...install, "attempt", "code", "status"],
    says: "The end of an install whose cancellation was requested.",
  },
  {
    level: "info",
    message: "install is to be cancelled",
    fields: acted,
    says: "The API received a request to cancel it.",
  },
  {
    level: "info",
    message: "install queued again",
    fields: acted,
    says: "The API received a request to retry it.",
  },
  {
    level: "info",
    message: "connector deleted at Bird",
    fields: acted,
    says: "The API was asked to uninstall it.",
  },
  {
    level: "warn",
    message: "install left to another run",
    fields: [...install, "reason"],
    says: "This run lost its lock and changed nothing.",
  },
  {
    level: "error",
    message: "incident: Bird has a second connector for one install; the first stands, nothing was deleted",
    fields: [...install, "standing"],
    says: "`connectorId` is the second; delete it in Bird.",
  },
  {
    level: "error",
    message: "incident: the install was removed while its connector was made",
    fields: install,
    says: "Bird has a connector that no install knows.",
  },
  {
    level: "error",
    message: "a run failed by a fault of Perch",
    fields: ["installId", "count", "err"],
    says: "With the stack. It is run again, unless it is the fifth and `install failed by a fault of Perch` follows.",
  },
  {
    level: "error",
    message: "a fault of Perch could not be settled; the install comes again",
    fields: ["installId", "err"],
    says: "What follows a fault failed too. Its lock ends, and another run takes the install.",
  },
  {
    level: "info",
    message: "batch queued",
    fields: ["requestId", "batchId", "rows", "accepted", "attached", "rejected", "status"],
    says: "A file sent to the API was read to its end. Its rows have no line of their own.",
  },
  {
    level: "info",
    message: "batch decided on",
    fields: ["requestId", "batchId", "action", "status"],
    says: "The API received a request to pause, resume or cancel it.",
  },
  {
    level: "info",
    message: "batch queued again",
    fields: ["requestId", "batchId", "retried"],
    says: "The API received a request to retry rows of it.",
  },
  {
    level: "info",
    message: "batch finished",
    fields: ["batchId", "completed", "failed", "cancelled", "status"],
    says: "Each of its rows has ended.",
  },
  {
    level: "warn",
    message: "could not count a batch yet; the sweep will",
    fields: ["reason"],
    says: "Redis did not answer.",
  },
  {
    level: "warn",
    message: "could not sweep a batch; the next sweep tries again",
    fields: ["batchId", "reason"],
    says: "Most likely Redis did not answer.",
  },
  {
    level: "warn",
    message: "Redis may hold a restored backup: numbers are looked for before their create; see perch doctor",
    fields: ["since"],
    says: "Redis restarted, and no worker that ran before it can confirm that its data are current. See durability.md.",
  },
  {
    level: "warn",
    message: "the doubt about a restored backup is over",
    fields: [],
    says: "A worker that ran before the restart confirmed the data, or an operator trusts Redis.",
  },
  {
    level: "warn",
    message: "Redis is trusted: no backup was restored",
    fields: ["since", "user"],
    says: "An operator ran `perch doctor --trust-redis`.",
  },
  {
    level: "warn",
    message: "workspace is held",
    fields: ["workspaceId", "reason", "untilMs"],
    says: "Bird refused its key (`unauthorized`) or asked to slow down (`rate_limited`). Once in each worker that met it.",
  },
  {
    level: "info",
    message: "workspace resumed",
    fields: ["requestId", "workspaceId", "reason", "woken"],
    says: "The API received a request to lift its hold.",
  },
  {
    level: "info",
    message: "subscribed to channel.created",
    fields: ["workspaceId", "url"],
    says: "A worker made the workspace's subscription.",
  },
  {
    level: "warn",
    message: "no subscription to channel.created is known of",
    fields: ["workspaceId", "reason"],
    says: "Installs go on and are polled, or fail as `subscription_missing`.",
  },
  {
    level: "warn",
    message: "the subscription will be looked for later",
    fields: ["workspaceId", "reason"],
    says: "Redis did not answer.",
  },
  {
    level: "warn",
    message: "the channel's webhooks failed",
    fields: ["installId", "workspaceId", "channelId", "reason"],
    says: "The install stays completed; subscribe them in Bird.",
  },
  {
    level: "info",
    message: "event stored",
    fields: stored,
    says: "`result` says whether it matched; `requestId` is Bird's.",
  },
  {
    level: "error",
    message: "incident: an event names another channel of a connector",
    fields: stored,
    says: "The first channel stands.",
  },
  {
    level: "error",
    message: "an errand failed by a fault of Perch",
    fields: ["choreId", "err"],
    says: "With the stack. Looking up a channel or subscribing to one; it is run again.",
  },
  {
    level: "error",
    message: "an errand cannot be carried out and is kept for people",
    fields: ["choreId", "reason"],
    says: "It is of a newer version, or failed too often: `GET /v1/events/unreadable`.",
  },
  {
    level: "error",
    message: "a job whose data are no JSON was mended",
    fields: ["jobId"],
    says: "It ends as one that cannot be read; what stood there is in the field `broken:data` of its hash.",
  },
  {
    level: "error",
    message: "a chore cannot be carried out and is kept for people",
    fields: ["choreId", "reason"],
    says: "It is of a newer version: `GET /v1/events/unreadable`.",
  },
  {
    level: "info",
    message: "event's connector learned",
    fields: ["installId", "workspaceId", "connectorId", "channelId", "result"],
    says: "The event named its channel only; Bird was asked.",
  },
  {
    level: "warn",
    message: "an event's connector cannot be learned",
    fields: ["workspaceId", "channelId", "reason"],
    says: "It is kept with the reason: `GET /v1/events/unreadable`. Its install is polled.",
  },
  {
    level: "warn",
    message: "could not wake; the sweep will",
    fields: ["installId", "workspaceId", "connectorId", "channelId", "reason"],
    says: "The event is stored; its install goes on within seconds.",
  },
  {
    level: "warn",
    message: "webhook refused",
    fields: ["requestId", "code", "path"],
    says: "A signature, an address, a method or a body that is not taken; `path` without its query, 200 characters at most. Some ten lines a minute. See `perch verify-signature`.",
  },
  {
    level: "warn",
    message: "more was refused within a minute than is logged line by line",
    fields: ["counts"],
    says: "How many more there were, by `code` (webhooks) or HTTP status (API). Strangers can cause such lines, so they are bounded.",
  },
  {
    level: "error",
    message: "an event could not be stored",
    fields: ["requestId", "err"],
    says: "A fault of Perch, with the stack. Answered 500; Bird sends it again.",
  },
  {
    level: "info",
    message: "not ready",
    fields: ["reason"],
    says: "The webhook service has answered 503 to `/readyz`, for another reason than before. Not repeated while that lasts.",
  },
  {
    level: "info",
    message: "ready again",
    fields: ["reason"],
    says: "The webhook service answers 200 to `/readyz` again; `reason` is what it was not ready for.",
  },
  {
    level: "error",
    message: "too few shards: Bird will send the event again",
    fields: ["requestId", "path", "reason"],
    says: "Answered 503: start this webhook process again with the `SHARDS` that `reason` names.",
  },
  {
    level: "error",
    message: "this worker knows of too few shards and leaves chores to others",
    fields: ["reason"],
    says: "Once a minute. It goes on with the installs of the shards it knows, and is not ready.",
  },
  {
    level: "info",
    message: "swept events that were left behind",
    fields: ["seen", "woken", "dropped"],
    says: "A process was killed between an event and its install.",
  },
  {
    level: "info",
    message: "swept outcomes that were not told",
    fields: ["told", "waiting", "dropped", "failed"],
    says: "A process was killed between an end and its notification.",
  },
  {
    level: "warn",
    message: "could not tell the outcome yet; the sweep will",
    fields: ["installId", "reason"],
    says: "Redis did not answer.",
  },
  {
    level: "info",
    message: "a notification was delivered",
    fields: [...notification, "httpStatus"],
    says: "The receiver answered 2xx.",
  },
  {
    level: "info",
    message: "a notification is sent again later",
    fields: [...notification, "reason", "delayMs"],
    says: "The receiver did not take it.",
  },
  {
    level: "warn",
    message: "a notification was given up",
    fields: [...notification, "reason"],
    says: "A dead letter: see notifications.md.",
  },
  {
    level: "info",
    message: "notification queued again",
    fields: ["requestId", "notificationId"],
    says: "The API was asked to send it again.",
  },
  {
    level: "error",
    message: "a delivery failed by a fault of Perch",
    fields: ["notificationId", "err"],
    says: "With the stack.",
  },
  {
    level: "info",
    message: "request",
    fields: request,
    says: "A request to the API was answered. Never its address, body or key; `key` is the name of the key.",
  },
  {
    level: "debug",
    message: "request for health, metrics or docs",
    fields: request,
    says: "The same, for routes that need no key.",
  },
  {
    level: "warn",
    message: "a request was put off",
    fields: ["requestId", "route", "code", "reason"],
    says: "Answered 503.",
  },
  {
    level: "error",
    message: "a request failed",
    fields: ["requestId", "route", "err"],
    says: "Answered 500. With the stack.",
  },
  {
    level: "warn",
    message: "an answer broke off",
    fields: ["requestId", "route", "err"],
    says: "While a long answer was sent.",
  },
  { level: "info", message: "API runs", fields: ["url", "keys"], says: "It listens at `url`." },
  {
    level: "info",
    message: "worker runs",
    fields: ["concurrency", "bird", "admin"],
    says: "It takes installs.",
  },
  {
    level: "info",
    message: "webhook service runs",
    fields: ["url", "publicUrl", "admin"],
    says: "It listens at `url`.",
  },
  {
    level: "warn",
    message: "Every event will be refused: set WEBHOOK_SIGNING_SECRET or WEBHOOK_SIGNING_KEYS.",
    fields: [],
    says: "Written at start.",
  },
  {
    level: "info",
    message: "stopping; a second signal ends at once",
    fields: ["signal", "err"],
    says: "It ends what it has in hand; with `err` when a fault ends it.",
  },
  {
    level: "error",
    message: "Redis takes no work: Perch waits and goes on by itself",
    fields: ["reason", "detail", "fix", "count"],
    says: "At most once a minute for each reason, while it lasts; `count` is how often Redis has refused something. Written by every role.",
  },
  {
    level: "warn",
    message: "Redis loads its data: Perch waits for it",
    fields: ["reason", "detail", "fix"],
    says: "Written once, by a role that starts meanwhile.",
  },
  {
    level: "info",
    message: "Redis takes work again",
    fields: ["reason", "count", "seconds"],
    says: "How long it did not, and how often it refused.",
  },
  {
    level: "error",
    message: "a loop of BullMQ failed and goes on",
    fields: ["reason", "count"],
    says: "For another reason than Redis; once a minute for each.",
  },
  {
    level: "error",
    message: "a chore failed",
    fields: ["chore", "id", "reason"],
    says: "It is tried again.",
  },
  {
    level: "warn",
    message: "the sweep would not have come and is planned again",
    fields: ["reason"],
    says: "Redis has lost its plan, or a worker whose clock is ahead made it; once a minute at most.",
  },
  {
    level: "warn",
    message: "traces could not be exported",
    fields: ["reason", "spans"],
    says: "The collector did not take spans, which are lost; once a minute at most.",
  },
];
