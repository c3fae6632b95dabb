import type { ReadResult } from "../../bird/answers.ts";
import type { Connectors } from "../../bird/connectors.ts";
import type { ReadBudget } from "../../queue/gate/budget.ts";
import type { Holds } from "../../queue/gate/holds.ts";
import { type InstallData, isOnlySuspected, type StoredRequest } from "../../queue/installs/data.ts";
import type { Matching } from "../../queue/matching/matching.ts";
import { type Backoff, backoffMs } from "../backoff.ts";
import { earlyMs, parkHeld, type Run, type Step } from "../run.ts";
import type { BindConnector } from "./bind.ts";
import { contradicts, findConnectors } from "./find-connectors.ts";

/** All looks are done: Bird has no connector of this request. */
interface NotThere {
  readonly kind: "not_there";
  readonly data: InstallData;
}

/** @param news Why this run suspects a lost create, for the timeline. */
export type LookAgain = (
  run: Run,
  unanswered: Unanswered,
  news?: string | undefined,
) => Promise<Step | NotThere>;

/** The result of a look. */
interface Search {
  /** Candidate connectors, best match first. */
  readonly ids: readonly string[];
  /** There are connectors that may be this install's or another's. */
  readonly isUnclear: boolean;
}

/** Most connectors named by events that are read: each costs a GET. */
const namedMax = 5;

type Unanswered = NonNullable<InstallData["unanswered"]>;

/**
 * An install whose runs lost their worker this often is not created: it may be what kills workers. Freezes and outages
 * of Redis longer than a lock count too, so the limit is well above what those cause.
 */
const stallsMax = 25;

/**
 * Looks for a connector whose create was not answered, several times with growing delays, because Bird's list may lag.
 * Only after the last look finds nothing may a run send a create again.
 */
export const createLookAgain = (deps: {
  readonly connectors: Connectors;
  readonly holds: Pick<Holds, "holdUnauthorized">;
  readonly matching: Pick<Matching, "findUnmatched" | "ownersOf">;
  readonly readBudget: Pick<ReadBudget, "peek">;
  readonly template: string;
  /** `SUBMISSION_LOOK_DELAYS_MS`, from the time the create must have ended. */
  readonly lookDelaysMs: readonly number[];
  readonly backoff: Backoff;
  readonly adopt: Adopt;
  /** Whether another install of the workspace may have created a connector of the same name. */
  readonly isNameShared: (install: Pick<Run, "installId" | "data">) => Promise<boolean>;
  readonly now: () => number;
}): LookAgain => {
  const { now, lookDelaysMs } = deps;

  /**
   * Returns when the next look is due. The interval to the previous look is kept even when that was late, because the
   * intervals, and a last look well after the create, are what prevents a second create.
   */
  const lookAtMs = ({ sinceMs, looks, lookedAtMs }: Unanswered): number => {
    const delayMs = lookDelaysMs[looks] ?? 0;
    const gapMs = delayMs - (lookDelaysMs[looks - 1] ?? 0);
    return Math.max(sinceMs + delayMs, lookedAtMs === undefined ? 0 : lookedAtMs + gapMs);
  };

  /** Returns until when to wait, for the next look or for the GET budget; undefined: look now. */
  const notNow = async (
    { data }: Run,
    unanswered: Unanswered,
    isNew: boolean,
  ): Promise<number | undefined> => {
    const dueMs = lookAtMs(unanswered);
    // BullMQ may run an install a millisecond early; one that comes earlier was woken by a fast clock.
    if (now() + 2 < dueMs) return isNew ? dueMs : Math.max(dueMs, now() + earlyMs);
    const waitMs = await deps.readBudget.peek(data.request.workspaceId);
    return waitMs > 0 ? now() + waitMs : undefined;
  };

  /** Returns connectors named by unmatched events that Bird shows in the workspace and that do not contradict the request. */
  const namedByEvents = async (request: StoredRequest): Promise<ReadResult<readonly string[]>> => {
    const { workspaceId, phoneNumber } = request;
    const ids = (await deps.matching.findUnmatched(workspaceId, phoneNumber)).slice(0, namedMax);
    const confirmed: string[] = [];
    for (const id of ids) {
      const read = await deps.connectors.get(workspaceId, id);
      if (read.kind === "unavailable" || read.kind === "unauthorized") return read;
      if (read.kind === "found" && !contradicts(read.value, request)) confirmed.push(read.value.id);
    }
    return { kind: "found", value: confirmed };
  };

  /**
   * Accepts a connector that matches by name alone only if it is the only unowned one of that name, and no other install
   * of the workspace may have created it.
   */
  const byName = async (run: Run, ids: readonly string[]): Promise<Pick<Search, "ids" | "isUnclear">> => {
    const owners = await deps.matching.ownersOf(run.installId, ids);
    const free = ids.filter((_, index) => owners[index] === undefined || owners[index] === run.installId);
    if (free.length === 0) return { ids: [], isUnclear: false };
    const isUnclear = free.length > 1 || (await deps.isNameShared(run));
    return { ids: isUnclear ? [] : free, isUnclear };
  };

  const search = async (run: Run): Promise<ReadResult<Search>> => {
    const { request } = run.data;
    const found = await findConnectors(deps, { request, leastLikeness: 1 });
    if (found.kind !== "found") return found;
    const fromEvents = await namedByEvents(request);
    if (fromEvents.kind !== "found") return fromEvents;
    const sure = found.value.filter(({ rank }) => rank > 1).map(({ id }) => id);
    const alike = found.value.filter(({ rank }) => rank === 1).map(({ id }) => id);
    const ids = [...new Set([...sure, ...fromEvents.value])];
    const rest = await byName(
      run,
      alike.filter((id) => !ids.includes(id)),
    );
    return { kind: "found", value: { ids: [...ids, ...rest.ids], isUnclear: rest.isUnclear } };
  };

  /**
   * Looks once as soon as a lost run is noticed whose create may still be under way: what is there by then is as good as
   * later, and mostly it is. That nothing is there says nothing yet.
   */
  const adoptEarly = async (
    run: Run,
    { why, sinceMs }: Unanswered,
    news: string | undefined,
  ): Promise<Step | undefined> => {
    if (why !== "run_lost" || news === undefined || sinceMs <= now()) return undefined;
    if ((await deps.readBudget.peek(run.data.request.workspaceId)) > 0) return undefined;
    const found = await search(run);
    return found.kind === "found" ? deps.adopt(run, found.value.ids) : undefined;
  };

  return async (suspect, unanswered, news) => {
    const run = { ...suspect, data: { ...suspect.data, clean: suspect.runNumber, unanswered } };
    const laterMs = await notNow(run, unanswered, news !== undefined || run.runNumber === 1);
    if (laterMs !== undefined) return (await adoptEarly(run, unanswered, news)) ?? wait(run, laterMs, news);
    const found = await search(run);
    switch (found.kind) {
      case "found":
        return (
          (await deps.adopt(run, found.value.ids)) ??
          notFound(run, { ...unanswered, isUnclear: found.value.isUnclear })
        );
      case "unauthorized":
        return parkHeld(run, await deps.holds.holdUnauthorized(run.data.request.workspaceId));
      case "forbidden": {
        const detail = "The access key may not list connectors: allow it to view /workspaces/*/connectors.";
        const nothingSent = isOnlySuspected(run.data) ? true : undefined;
        return {
          kind: "fail",
          failure: { code: "ambiguous_submission", detail, nothingSent, ...unanswered.answer },
          data: run.data,
        };
      }
      default:
        return unavailable(run, unanswered);
    }
  };

  function notFound(
    run: Run,
    { isUnclear, ...unanswered }: Unanswered & Pick<Search, "isUnclear">,
  ): Step | NotThere {
    const looked = { ...unanswered, looks: unanswered.looks + 1, lookedAtMs: now() };
    if (looked.looks < lookDelaysMs.length) {
      const what = `looked for the connector, not there (${looked.looks} of ${lookDelaysMs.length})`;
      return wait({ ...run, data: { ...run.data, unanswered: looked } }, lookAtMs(looked), what);
    }
    if (isUnclear) {
      const detail =
        "Connectors of this name exist that show neither phone id nor number, and other installs have the same name.";
      return {
        kind: "fail",
        failure: { code: "ambiguous_submission", detail, ...unanswered.answer },
        data: run.data,
      };
    }
    const { unanswered: _, ...settled } = { ...run.data, checkedAtMs: now() };
    if (run.stalls > stallsMax) {
      const detail = `It was left without a worker ${run.stalls} times; nothing was created at Bird.`;
      return { kind: "fail", failure: { code: "internal", detail }, data: settled };
    }
    return (settled.attempts ?? 0) < run.maxAttempts
      ? { kind: "not_there", data: settled }
      : { kind: "fail", failure: { code: "bird_unavailable", ...unanswered.answer }, data: settled };
  }

  /** Bird does not answer. Counts as an attempt, so that the install ends. */
  function unavailable(run: Run, { answer }: Unanswered): Step {
    const attempts = (run.data.attempts ?? 0) + 1;
    const data = { ...run.data, attempts };
    if (attempts >= run.maxAttempts)
      return { kind: "fail", failure: { code: "ambiguous_submission", ...answer }, data };
    const untilMs = now() + backoffMs(attempts, deps.backoff);
    return wait({ ...run, data }, untilMs, "could not look for the connector: Bird does not answer");
  }
};

const wait = (run: Run, untilMs: number, what?: string): Step => ({
  kind: "park",
  untilMs,
  data: { ...run.data, nextActionAtMs: untilMs },
  ...(what !== undefined && { what }),
});

/** Adopts the first of these connectors that no other install owns; undefined when there is none. */
export type Adopt = (run: Run, connectorIds: readonly string[]) => Promise<Step | undefined>;

/** Adopts a connector that exists already instead of creating a second one. */
export const createAdopt =
  (deps: { readonly bindConnector: BindConnector }): Adopt =>
  async (run, connectorIds) => {
    for (const connectorId of connectorIds) {
      const step = await deps.bindConnector(run, {
        connectorId,
        isAdopted: true,
      });
      if (step !== undefined) return step;
    }
    return undefined;
  };
