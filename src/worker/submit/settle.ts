import type { Connectors, CreateOutcome } from "../../bird/connectors.ts";
import { birdAnswer, birdSays, type Failure } from "../../install/errors/install-error.ts";
import type { Holds } from "../../queue/gate/holds.ts";
import type { InstallData } from "../../queue/installs/data.ts";
import { type Backoff, backoffMs } from "../backoff.ts";
import { parkHeld, type Run, type Step } from "../run.ts";
import type { BindConnector } from "./bind.ts";
import { findConnectors, likeness } from "./find-connectors.ts";
import type { Adopt } from "./look.ts";

export type SettleCreate = (run: Run, outcome: CreateOutcome) => Promise<Step>;

type OutcomeTable = {
  readonly [K in CreateOutcome["kind"]]: (
    run: Run,
    outcome: Extract<CreateOutcome, { readonly kind: K }>,
  ) => Step | Promise<Step>;
};

/** Tries for a workspace Bird answers 404 for, because a new workspace may be readable late. */
const workspaceTriesMax = 3;
/** How long an install may wait because of 429s before it fails, ms. */
export const throttledMaxMs = 24 * 3_600_000;

/** The table of all outcomes of a create and the step that follows each. */
export const createSettleCreate = (deps: {
  readonly connectors: Connectors;
  readonly template: string;
  readonly holds: Pick<Holds, "holdFor" | "holdUnauthorized">;
  readonly bindConnector: BindConnector;
  readonly adopt: Adopt;
  readonly backoff: Backoff;
  readonly lookDelaysMs: readonly number[];
  readonly now: () => number;
}): SettleCreate => {
  const { holds, now, backoff } = deps;

  const table: OutcomeTable = {
    created: async (run, { connectorId }) => {
      const next = countAttempt(run);
      const bound = await deps.bindConnector(next, { connectorId, isAdopted: false });
      return (
        bound ??
        fail(next, { code: "connector_conflict", detail: `Connector ${connectorId} is another install's.` })
      );
    },

    rate_limited: async (run, { retryAfterMs, ...answer }) => {
      const throttled = run.data.throttled ?? { sinceMs: now(), times: 0 };
      const times = throttled.times + 1;
      const data = { ...run.data, throttled: { sinceMs: throttled.sinceMs, times } };
      if (now() - throttled.sinceMs > throttledMaxMs)
        return {
          kind: "fail",
          failure: { code: "rate_limited", ...birdAnswer(answer), birdStatus: 429 },
          data,
        };
      const hold = await holds.holdFor(
        run.data.request.workspaceId,
        retryAfterMs ?? backoffMs(times, backoff),
      );
      return parkHeld({ ...run, data }, hold, `Bird answered 429: too many requests${birdSays(answer)}`);
    },

    denied: async (run, { code, ...answer }) => {
      const hold = await holds.holdUnauthorized(run.data.request.workspaceId);
      const what =
        code === "unauthorized"
          ? "Bird answered 401: bad access key"
          : "Bird answered 403: key without the policy";
      return parkHeld(run, hold, `${what}${birdSays(answer)}`);
    },

    rejected: (run, answer) => fail(countAttempt(run), { code: "rejected_by_bird", ...birdAnswer(answer) }),

    workspace_not_found: (run, answer) => {
      const tries = (run.data.workspaceTries ?? 0) + 1;
      const next = countAttempt({ ...run, data: { ...run.data, workspaceTries: tries } });
      return tries < workspaceTriesMax
        ? later(
            next,
            now() + backoffMs(tries, backoff),
            `Bird answered 404: workspace not found${birdSays(answer)}`,
          )
        : fail(next, { code: "workspace_not_found", ...birdAnswer(answer), birdStatus: 404 });
    },

    conflict: async (run, { candidateIds, ...answer }) => {
      const next = countAttempt(run);
      const own = await ownAmong(run, candidateIds);
      if (own.kind === "unavailable")
        return retry(next, "Bird answered 409, but the existing connector cannot be read");
      const adopted = own.kind === "found" ? await deps.adopt(next, own.value) : undefined;
      return adopted ?? fail(next, { code: "connector_conflict", ...birdAnswer(answer), birdStatus: 409 });
    },

    not_sent: (run, { reason }) => retry(countAttempt(run), `could not reach Bird (${reason})`),

    withheld: (run) => retry(countAttempt(run), "not sent: the connection to Bird came too late"),

    unknown: (run, { reason, ...answer }) => {
      // A call aborted by a shutdown is not an attempt that Bird failed.
      const next = reason === "ERR_ABORTED" ? run : countAttempt(run);
      const untilMs = now() + (deps.lookDelaysMs[0] ?? 0);
      return {
        kind: "park",
        untilMs,
        // Clean: the possible create of this run is recorded.
        data: {
          ...next.data,
          clean: run.runNumber,
          unanswered: {
            sinceMs: now(),
            looks: 0,
            ...(answer.birdStatus !== undefined && { answer: birdAnswer(answer) }),
          },
          nextActionAtMs: untilMs,
        },
        what:
          answer.birdStatus === undefined
            ? `create was not answered (${reason}): looking before any repeat`
            : `${reason.replace("HTTP", "Bird answered")}${birdSays(answer)}, so the create's outcome is not known: looking before any repeat`,
      };
    },
  };

  /** Returns the connectors named by a 409's details if they match, else those found in the list. */
  const ownAmong = async (run: Run, candidateIds: readonly string[]) => {
    const { request } = run.data;
    for (const candidateId of candidateIds) {
      const read = await deps.connectors.get(request.workspaceId, candidateId);
      if (read.kind === "unavailable") return read;
      if (read.kind === "found" && likeness(read.value, request) > 1)
        return { ...read, value: [candidateId] };
    }
    // A 409 proves that something exists, not that it is this install's: a matching name is not enough.
    const found = await findConnectors(deps, { request, leastLikeness: 2 });
    return found.kind === "found" ? { ...found, value: found.value.map(({ id }) => id) } : found;
  };

  /** Parks after a create that provably did not happen: the run is clean, so the next one need not look first. */
  const later = (run: Run, untilMs: number, what: string): Step => ({
    kind: "park",
    untilMs,
    data: { ...run.data, clean: run.runNumber, nextActionAtMs: untilMs },
    what,
  });

  const retry = (run: Run, what: string): Step => {
    const attempts = run.data.attempts ?? 0;
    if (attempts >= run.maxAttempts)
      return fail(run, { code: "bird_unavailable", detail: `The last attempt: ${what}.` });
    return later(run, now() + backoffMs(attempts, backoff), what);
  };

  return async (run, outcome) => settle(table, run, outcome);
};

const settle = <K extends CreateOutcome["kind"]>(
  table: {
    readonly [P in K]: (
      run: Run,
      outcome: Extract<CreateOutcome, { readonly kind: P }>,
    ) => Step | Promise<Step>;
  },
  run: Run,
  outcome: Extract<CreateOutcome, { readonly kind: K }>,
) => table[outcome.kind](run, outcome);

const countAttempt = (run: Run): Run => ({
  ...run,
  data: { ...run.data, attempts: (run.data.attempts ?? 0) + 1 },
});

const fail = (run: Run, failure: Failure): Step => ({ kind: "fail", failure, data: cleared(run.data) });

const cleared = ({ held: _, nextActionAtMs: __, ...data }: InstallData): InstallData => data;
