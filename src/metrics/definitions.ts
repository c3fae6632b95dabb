import { errorCodes } from "../install/errors/install-error.ts";
import { countedStatuses } from "../install/install.ts";
import { holdReasons } from "../install/workspace-state.ts";
import { redisFaultKinds } from "../redis/errors.ts";

/** What a metric is: its help text, and every value each of its labels may have, so that no id can become one. */
interface Definition {
  readonly help: string;
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

interface HistogramDefinition extends Definition {
  /** Upper bounds, seconds. */
  readonly buckets: readonly number[];
}

const operations = [
  "create_connector",
  "get_connector",
  "list_connectors",
  "delete_connector",
  "get_connector_status",
  "get_channel",
  "list_channels",
  "send_message",
  "create_subscription",
  "list_subscriptions",
  "delete_subscription",
  "other",
] as const;

/** Bird's statuses by themselves; any other counts as its class. */
export const birdStatuses = [
  ..."200 201 202 204 400 401 403 404 408 409 422 429 500 502 503 504".split(" "),
  ..."1xx 2xx 3xx 4xx 5xx not_sent withheld unanswered".split(" "),
];

export const webhookStatuses = "200 400 401 413 415 503 other".split(" ");

/** What only goes up, for as long as the process lives. */
export const counters = {
  perch_installs_total: {
    help: "Installs that ended, by outcome; an install that is retried or healed is counted again",
    labels: { outcome: ["completed", "failed", "cancelled"] },
  },
  perch_install_errors_total: {
    help: "Installs that failed, by error code (docs/errors.md); a cancelled one has not failed",
    labels: { code: errorCodes.filter((code) => code !== "cancelled") },
  },
  perch_runs_total: {
    help: "Runs of installs in this worker, by result: completed, parked, failed, left to another run, or an error of Perch or Redis",
    labels: { end: ["complete", "park", "fail", "leave", "fault"] },
  },
  perch_gate_answers_total: {
    help: "Decisions of the gate before each create: sent, delayed by the POST budget, held, paused, no creates left for the number, cancelled, number taken by another install, or lock lost",
    labels: { answer: ["go", "wait", "held", "paused", "exhausted", "cancelled", "replaced", "lock_lost"] },
  },
  perch_read_waits_total: {
    help: "GETs to Bird that waited for the budget of their workspace",
    labels: {},
  },
  perch_bird_requests_total: {
    help: "Requests to Bird, by operation and HTTP status, or by the reason there is none",
    labels: { operation: operations, status: birdStatuses },
  },
  perch_meta_requests_total: {
    help: "Requests to Meta, by operation and outcome; retryable: a limit, or a fault that passes; refused: the token, code or app, or there is no such object; error: no answer that can be read",
    labels: {
      operation: ["exchange_code", "debug_token", "get_phone_number", "list_phone_numbers"],
      outcome: ["ok", "retryable", "refused", "error"],
    },
  },
  perch_events_total: {
    help: "Signed events of Bird, by result on arrival; conflict: another channel for a connector that has one",
    labels: { result: ["matched", "unmatched", "duplicate", "conflict", "ignored"] },
  },
  perch_webhook_answers_total: {
    help: "Answers to webhooks of Bird, by HTTP status",
    labels: { status: webhookStatuses },
  },
  perch_webhook_refused_total: {
    help: "Webhooks that were refused, by reason; unavailable: Redis could not store the event",
    labels: {
      reason: [
        "no_key",
        "no_signature",
        "bad_signature",
        "too_old",
        "too_large",
        "unsupported_media_type",
        "invalid_request",
        "not_found",
        "method_not_allowed",
        "address_too_long",
        "internal",
        "too_few_shards",
        "unavailable",
      ],
    },
  },
  perch_connect_requests_total: {
    help: "Requests of connect pages that were answered, by kind",
    labels: { request: ["open", "started", "cancelled", "failed", "finish", "status"] },
  },
  perch_connect_refused_total: {
    help: "Requests to the connect service that were refused, by reason; not_found: most are made-up links",
    labels: {
      reason: [
        "not_found",
        "cross_site",
        "too_many_requests",
        "invalid_json",
        "invalid_request",
        "too_large",
        "unsupported_media_type",
        "method_not_allowed",
        "in_progress",
        "too_few_shards",
        "unavailable",
        "internal",
      ],
    },
  },
  perch_notifications_total: {
    help: "Outgoing webhooks: delivered, attempts the receiver refused, attempts postponed, and given up",
    labels: { result: ["delivered", "refused", "postponed", "dead"] },
  },
  perch_redis_losses_total: { help: "Times the connection to Redis was lost", labels: {} },
} as const satisfies Record<string, Definition>;

/** What goes up and down. Those of the fleet say the same in every process that has them. */
export const gauges = {
  perch_installs: {
    help: "Fleet: installs by the API's status, those queued because their batch is paused or waits for its canary apart; ended ones are kept for RETENTION_MS",
    labels: { status: countedStatuses },
  },
  perch_runs: {
    help: "Fleet: installs ready to run that wait for a worker, and those a worker runs now",
    labels: { state: ["waiting", "active"] },
  },
  perch_oldest_seconds: {
    help: "Fleet: how long the next item has waited; waiting: since it was ready to run; parked: since it was due; others: since their arrival; 0 when there is none",
    labels: { state: ["waiting", "parked", "event", "unmatched", "notification", "outcome"] },
  },
  perch_stored_events: {
    help: "Fleet: stored events that matched no install, that their install has not processed yet, and that could not be read",
    labels: { state: ["unmatched", "not_consumed", "unreadable"] },
  },
  perch_events_dropped: {
    help: "Fleet: events of Bird dropped within the last RETENTION_MS, because their workspace exceeded the number that is kept",
    labels: { list: ["unmatched", "unreadable"] },
  },
  perch_holds: {
    help: "Fleet: workspaces held now, by reason",
    labels: { reason: holdReasons },
  },
  perch_notifications: {
    help: "Fleet: stored outgoing webhooks, by status; dead ones were given up",
    labels: { status: ["pending", "delivered", "dead"] },
  },
  perch_outcomes_untold: {
    help: "Fleet: outcomes of installs whose outgoing webhook is not queued yet",
    labels: {},
  },
  perch_redis_doubted: {
    help: "Fleet: 1 while Redis may hold a restored backup, so that Perch looks for numbers at Bird before their create; ended by perch doctor --trust-redis",
    labels: {},
  },
  perch_batches: {
    help: "Fleet: batches that have not finished; halted ones paused because too many installs failed",
    labels: { status: ["running", "paused", "halted"] },
  },
  perch_post_budgets_spent: {
    help: "Workspaces whose POST budget is used up for creates of this worker now",
    labels: {},
  },
  perch_worker_running: { help: "1 while this process takes installs", labels: {} },
  perch_redis_up: { help: "1 when Redis answered this process within a second", labels: {} },
  perch_redis_refuses: {
    help: "1 with the reason while Redis refuses this process's writes, as in the runbook's table",
    labels: { reason: redisFaultKinds },
  },
  perch_build_info: { help: "1, with the version of Perch and of Node", labels: { version: [], node: [] } },
} as const satisfies Record<string, Definition>;

/** Times, in buckets. */
export const histograms = {
  perch_stage_seconds: {
    help: "Durations of completed installs, by stage; enqueue_to_create and total exclude retried installs, the two with event those completed by a poll",
    labels: { stage: ["enqueue_to_create", "create_to_event", "event_to_completed", "total"] },
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400],
  },
  perch_bird_request_seconds: {
    help: "Duration of requests to Bird, by operation",
    labels: { operation: operations },
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  perch_webhook_seconds: {
    help: "Time until a webhook of Bird was answered",
    labels: {},
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  },
  perch_redis_seconds: {
    help: "Duration of a PING on this process's connection to Redis, every five seconds",
    labels: {},
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  },
} as const satisfies Record<string, HistogramDefinition>;

type Definitions = typeof counters & typeof gauges & typeof histograms;

/** Values a label of a metric may have. */
export type LabelValue<
  Name extends keyof Definitions,
  Label extends keyof Definitions[Name]["labels"],
> = Definitions[Name]["labels"][Label] extends readonly (infer Value)[] ? Value : never;
