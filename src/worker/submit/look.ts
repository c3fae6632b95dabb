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

/** Looked as often as it takes: Bird has no connector of this request. */
interface NotThere {
  readonly kind: "not_there";
  readonly data: InstallData;
}

/** @param news Why a create is suspected since this run, for the timeline. */
export type LookAgain = (
  run: Run,
  unanswered: Unanswered,
  news?: string | undefined,
) => Promise<Step | NotThere>;

/** What a look has found. */
interface Search {
  /** Connectors that are this install's unless another one has them, the surest first. */
  readonly ids: readonly string[];
  /** There are connectors of which nobody can say whose they are. */
  readonly isUnclear: boolean;
}

/** Connectors named by events that are looked up at most: each is a GET. */
const toldMax = 5;

type Unanswered = NonNullable<InstallData["unanswered"]>;

/**
 * An install that was left without a worker this often is not created any more: it may be what kills them.
 * Every freeze or outage of Redis longer than a lock counts too, so the bound is far from what those make.
 */
const stallsMax = 25;

/**
 * Looks for a connector whose create was not answered, several times with growing delays, because a list may
 * lag behind a create. Only when the last look finds nothing may a run post again.
 */
export const createLookAgain = (deps: {
  readonly connectors: Connectors;
  readonly holds: Pick<Holds, "holdUnauthorized">;
  readonly matching: Pick<Matching, "findUnmatched" | "ownersOf">;
  readonly readBudget: Pick<ReadBudget, "peek">;
  readonly template: string;
  /** `SUBMISSION_LOOK_DELAYS_MS`, counted from when the create must be over. */
  readonly lookDelaysMs: readonly number[];
  readonly backoff: Backoff;
  readonly adopt: Adopt;
  /** Whether another install of the workspace may have made a connector of this one's name. */
  readonly isNameShared: (install: Pick<Run, "installId" | "data">) => Promise<boolean>;
  readonly now: () => number;
}): LookAgain => {
  const { now, lookDelaysMs } = deps;

  /**
   * When an install is to be looked for next. The gap to the look before is kept even when that was late: what
   * protects is that looks lie apart, and the last of them well behind the create.
   */
  const lookAtMs = ({ sinceMs, looks, lookedAtMs }: Unanswered): number => {
    const delayMs = lookDelaysMs[looks] ?? 0;
    const gapMs = delayMs - (lookDelaysMs[looks - 1] ?? 0);
    return Math.max(sinceMs + delayMs, lookedAtMs === undefined ? 0 : lookedAtMs + gapMs);
  };

  /** The install is not due, or Bird may not be asked so often. */
  const notNow = async (
    { data }: Run,
    unanswered: Unanswered,
    isNew: boolean,
  ): Promise<number | undefined> => {
    const dueMs = lookAtMs(unanswered);
    // BullMQ moves installs on a millisecond early; one that comes earlier than that came by a clock that is ahead.
    if (now() + 2 < dueMs) return isNew ? dueMs : Math.max(dueMs, now() + earlyMs);
    const waitMs = await deps.readBudget.peek(data.request.workspaceId);
    return waitMs > 0 ? now() + waitMs : undefined;
  };

  /** Connectors that only an event has named, and that Bird then shows in the workspace without contradiction. */
  const toldOf = async (request: StoredRequest): Promise<ReadResult<readonly string[]>> => {
    const { workspaceId, phoneNumber } = request;
    const ids = (await deps.matching.findUnmatched(workspaceId, phoneNumber)).slice(0, toldMax);
    const confirmed: string[] = [];
    for (const id of ids) {
      const read = await deps.connectors.get(workspaceId, id);
      if (read.kind === "unavailable" || read.kind === "unauthorized") return read;
      if (read.kind === "found" && !contradicts(read.value, request)) confirmed.push(read.value.id);
    }
    return { kind: "found", value: confirmed };
  };

  /**
   * A connector whose name alone is the install's is taken for its own only if it is the one such connector that no
   * install has, and no other install of the workspace can have made it.
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
    const told = await toldOf(request);
    if (told.kind !== "found") return told;
    const sure = found.value.filter(({ rank }) => rank > 1).map(({ id }) => id);
    const named = found.value.filter(({ rank }) => rank === 1).map(({ id }) => id);
    const ids = [...new Set([...sure, ...told.value])];
    const rest = await byName(
      run,
      named.filter((id) => !ids.includes(id)),
    );
    return { kind: "found", value: { ids: [...ids, ...rest.ids], isUnclear: rest.isUnclear } };
  };

  return async (suspect, unanswered, news) => {
    const run = { ...suspect, data: { ...suspect.data, clean: suspect.number, unanswered } };
    const laterMs = await notNow(run, unanswered, news !== undefined || run.number === 1);
    if (laterMs !== undefined) return wait(run, laterMs, news);
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
          failure: { code: "ambiguous_submission", detail, nothingSent },
          data: run.data,
        };
      }
      default:
        return unavailable(run);
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
      return { kind: "fail", failure: { code: "ambiguous_submission", detail }, data: run.data };
    }
    const { unanswered: _, ...settled } = { ...run.data, checkedAtMs: now() };
    if (run.stalls > stallsMax) {
      const detail = `It was left without a worker ${run.stalls} times; nothing was created at Bird.`;
      return { kind: "fail", failure: { code: "internal", detail }, data: settled };
    }
    return (settled.attempts ?? 0) < run.maxAttempts
      ? { kind: "not_there", data: settled }
      : { kind: "fail", failure: { code: "bird_unavailable" }, data: settled };
  }

  /** Bird cannot be asked just now. This counts as an attempt, so that it ends. */
  function unavailable(run: Run): Step {
    const attempts = (run.data.attempts ?? 0) + 1;
    const data = { ...run.data, attempts };
    if (attempts >= run.maxAttempts) return { kind: "fail", failure: { code: "ambiguous_submission" }, data };
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

/** Takes over the first of these connectors that belongs to no other install; undefined when none does. */
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
