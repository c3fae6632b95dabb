import type { Preparation, PrepareWorkspace } from "../../bird/prepare-workspace.ts";
import {
  problemText,
  type SubscriptionProblem,
  type SubscriptionState,
} from "../../install/workspace-state.ts";
import type { Logger } from "../../log.ts";
import type { Holds } from "../../queue/gate/holds.ts";
import type { AccessKeys } from "../../queue/workspaces/access-keys.ts";
import { isFresh, type SubscriptionStates } from "../../queue/workspaces/subscription-states.ts";
import { createTtlCache } from "../../redis/ttl-cache.ts";
import { parkHeld, type Run, type Step } from "../run.ts";

/** Returns the step of an install that must not be created now; undefined when it may. Takes no slot of any budget. */
export type Preflight = (run: Run) => Promise<Step | undefined>;

/** How long a process caches that a subscription exists, ms. */
const believedMs = 5000;
/** Shortest pause of an install while another prepares its workspace, ms. */
const busyMs = 250;
/** Pause of an install while Bird does not answer, ms. */
const awayMs = 5000;
/** How long installs wait for Bird to list subscriptions, ms; then they continue and rely on polling. */
const awayMaxMs = 60_000;

/** Problems that prove the subscription does not exist: Bird listed the subscriptions without it and refuses to create it. */
const certain: ReadonlySet<SubscriptionProblem["cause"]> = new Set(["may_not_create", "full", "refused"]);

/**
 * Checks what a workspace needs before its installs are created: an access key that can be opened and, when Perch knows
 * its own URL, the subscription to `channel.created`, which must exist before the connector.
 */
export const createPreflight = (deps: {
  readonly accessKeys: Pick<AccessKeys, "get">;
  readonly holds: Pick<Holds, "find" | "holdUnauthorized">;
  readonly states: Pick<SubscriptionStates, "find">;
  /** Undefined when Perch does not know its own URL: subscriptions are not checked. */
  readonly prepare: PrepareWorkspace | undefined;
  /** URLs a workspace's subscription may have; a stored state with another URL is ignored. */
  readonly ownUrls: (workspaceId: string) => readonly string[];
  readonly log: Logger;
  readonly now: () => number;
}): Preflight => {
  const { holds, states, log, now } = deps;
  const cache = createTtlCache({ read: states.find, keptMs: believedMs });
  /** Workspaces being prepared in this process, with the start time by the monotonic clock, ms. */
  const preparing = new Map<string, number>();

  /**
   * Prepares a workspace once; meanwhile its other installs free their slots for other workspaces, each time for about as
   * long as the preparation has already taken.
   */
  const prepareOnce = async (
    prepare: PrepareWorkspace,
    workspaceId: string,
  ): Promise<Preparation | number> => {
    const sinceMs = preparing.get(workspaceId);
    if (sinceMs !== undefined) return Math.max(busyMs, performance.now() - sinceMs);
    preparing.set(workspaceId, performance.now());
    try {
      const done = await prepare(workspaceId);
      note(workspaceId, done);
      return done.kind === "busy" ? busyMs : done;
    } finally {
      preparing.delete(workspaceId);
      cache.forget(workspaceId);
    }
  };

  const note = (workspaceId: string, done: Preparation): void => {
    if (done.kind === "created") log.info({ workspaceId, url: done.url }, "subscribed to channel.created");
    if (done.kind !== "missing" && done.kind !== "unavailable") return;
    const reason = problemText(done.problem);
    log.warn({ workspaceId, reason }, "no subscription to channel.created is known of");
  };

  /** Returns the stored state while it is valid. Only an existing subscription is cached in this process. */
  const known = async (workspaceId: string): Promise<SubscriptionState | undefined> => {
    const state = await cache.get(workspaceId);
    const believed = state !== undefined && isFresh(state, now()) ? state : undefined;
    if (believed?.status !== "present") {
      cache.forget(workspaceId);
      return believed;
    }
    return deps.ownUrls(workspaceId).includes(believed.url ?? "") ? believed : undefined;
  };

  const check = async (run: Run, prepare: PrepareWorkspace): Promise<Step | undefined> => {
    const { workspaceId } = run.data.request;
    const state = await known(workspaceId);
    if (state?.status === "present") return undefined;
    if (state !== undefined) return decide(run, state);
    const hold = await holds.find(workspaceId);
    if (hold !== undefined) return parkHeld(run, hold);
    const done = await prepareOnce(prepare, workspaceId);
    if (typeof done === "number") return later(run, now() + Math.ceil(done));
    if (!("problem" in done)) return undefined;
    return decide(run, { ...(await states.find(workspaceId)), problem: done.problem });
  };

  const decide = async (
    run: Run,
    { problem, awaySinceMs }: Partial<SubscriptionState>,
  ): Promise<Step | undefined> => {
    if (problem === undefined) return undefined;
    if (problem.cause === "bad_key")
      return parkHeld(run, await holds.holdUnauthorized(run.data.request.workspaceId));
    if (problem.cause === "away")
      return now() - (awaySinceMs ?? now()) < awayMaxMs ? later(run, now() + awayMs) : undefined;
    if (!certain.has(problem.cause)) return undefined;
    const detail = `It says: ${problemText(problem)}.`;
    const failure = { code: "subscription_missing", detail } as const;
    return { kind: "fail", failure, data: { ...run.data, clean: run.runNumber } };
  };

  return async (run) => {
    const { workspaceId } = run.data.request;
    if ((await deps.accessKeys.get(workspaceId)) === undefined) {
      const what = "held: the workspace's own access key cannot be opened with SEALING_KEYS";
      return parkHeld(run, await holds.holdUnauthorized(workspaceId), what);
    }
    return deps.prepare === undefined ? undefined : check(run, deps.prepare);
  };
};

const later = (run: Run, untilMs: number): Step => ({
  kind: "park",
  untilMs,
  data: { ...run.data, clean: run.runNumber, nextActionAtMs: untilMs },
});
