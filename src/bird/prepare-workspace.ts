import { setTimeout as pause } from "node:timers/promises";
import type { SubscriptionProblem, SubscriptionState } from "../install/workspace-state.ts";
import { type Destination, destinationOf, type Receiver } from "./receiver.ts";
import {
  createProblem,
  deleteProblem,
  listProblem,
  type Subscription,
  type SubscriptionCreate,
  type Subscriptions,
  sameFiltersMax,
} from "./subscriptions.ts";

/** The result of preparing a workspace. */
export type Preparation =
  | { readonly kind: "present"; readonly url: string }
  /** `left`: a rotation could not delete the old subscription, so Bird sends events twice. */
  | {
      readonly kind: "created";
      readonly url: string;
      readonly left?: Omit<SubscriptionProblem, "cause"> | undefined;
    }
  | { readonly kind: "missing"; readonly problem: SubscriptionProblem }
  /** Bird does not answer, so the state is unknown. */
  | { readonly kind: "unavailable"; readonly problem: SubscriptionProblem }
  /** Another process is preparing the workspace. */
  | { readonly kind: "busy" };

export interface PrepareOptions {
  /** Makes a new subscription although there is one, and then deletes the old one. */
  readonly rotate?: boolean;
}

export type PrepareWorkspace = (workspaceId: string, options?: PrepareOptions) => Promise<Preparation>;

/** Subscription states of workspaces, shared by the fleet. */
interface States {
  find(workspaceId: string): Promise<SubscriptionState | undefined>;
  remember(workspaceId: string, state: SubscriptionState): Promise<void>;
  /** Undefined while another process has the lock, which expires after `ttlMs`. */
  lock(workspaceId: string, ttlMs: number): Promise<{ readonly release: () => Promise<void> } | undefined>;
}

const event = "channel.created";
const platformFilter = { key: "platformId", value: "whatsapp" } as const;

/**
 * The lock outlasts a list, a create and a second list that each take their whole time-out, and some pages more.
 */
const lockTimeouts = 6;
/** No create is sent once less than this share of the lock is left: another process may take the lock meanwhile. */
const sendShare = 0.5;

/**
 * Makes sure that Bird sends Perch a workspace's new WhatsApp channels: one subscription to `channel.created`.
 *
 * Lists subscriptions before it creates one, and again when a create was not answered; a fleet-wide lock keeps other
 * processes from doing the same at once. Ignores subscriptions to other addresses. Stores the result.
 */
export const createPrepareWorkspace = (deps: {
  /** Undefined without BIRD_ORGANIZATION_ID, which is part of the path. */
  readonly subscriptions: Subscriptions | undefined;
  /** Undefined without WEBHOOK_PUBLIC_URL. */
  readonly receiver: Receiver | undefined;
  readonly states: States;
  /** Reserves a GET in the workspace's budget and returns the delay until it may be sent, ms. */
  readonly takeRead: (workspaceId: string) => Promise<number>;
  readonly requestTimeoutMs: number;
  readonly now?: () => number;
}): PrepareWorkspace => {
  const { states } = deps;
  const now = deps.now ?? Date.now;
  const lockMs = lockTimeouts * deps.requestTimeoutMs;

  const remember = async (workspaceId: string, done: Preparation): Promise<void> => {
    if (done.kind === "busy") return;
    const checkedAtMs = now();
    if (done.kind === "present" || done.kind === "created")
      return states.remember(workspaceId, { status: "present", checkedAtMs, url: done.url });
    const { kind: status, problem } = done;
    if (status === "missing") return states.remember(workspaceId, { status, checkedAtMs, problem });
    const awaySinceMs = (await states.find(workspaceId))?.awaySinceMs ?? checkedAtMs;
    return states.remember(workspaceId, { status, checkedAtMs, problem, awaySinceMs });
  };

  return async (workspaceId, { rotate = false } = {}) => {
    const { subscriptions, receiver } = deps;
    const destination = receiver && destinationOf(receiver, workspaceId);
    if (subscriptions === undefined) return unset("BIRD_ORGANIZATION_ID is not set", "set it");
    if (receiver === undefined) return unset("WEBHOOK_PUBLIC_URL is not set", "set it");
    if (destination === undefined)
      return unset("there is no key to sign events with", "set WEBHOOK_SIGNING_SECRET");
    const askedMs = performance.now();
    const lock = await states.lock(workspaceId, lockMs);
    if (lock === undefined) return { kind: "busy" };
    try {
      const done = await prepare({
        subscriptions,
        workspaceId,
        destination,
        rotate,
        beforePage: async () => {
          const waitMs = await deps.takeRead(workspaceId);
          if (waitMs > 0) await pause(waitMs);
        },
        maySend: () => performance.now() - askedMs < lockMs * sendShare,
      });
      await remember(workspaceId, done);
      return done;
    } finally {
      await lock.release();
    }
  };
};

interface Task {
  readonly subscriptions: Subscriptions;
  readonly workspaceId: string;
  readonly destination: Destination;
  readonly rotate: boolean;
  readonly beforePage: () => Promise<void>;
  readonly maySend: () => boolean;
}

const prepare = async (task: Task): Promise<Preparation> => {
  const { subscriptions, workspaceId, destination, beforePage } = task;
  const listed = await subscriptions.list(workspaceId, { beforePage });
  if (listed.kind !== "found") return failed(listProblem(listed));
  const own = listed.value.filter((one) => isOwn(one, destination));
  const [first] = own;
  if (first !== undefined && !task.rotate) return { kind: "present", url: first.url ?? destination.url };
  if (listed.value.filter(isAlike).length >= sameFiltersMax) return failed(full);
  const problem = await make(task, own);
  if (problem !== undefined) return failed(problem);
  return { kind: "created", url: destination.url, left: await removeOld(task, own) };
};

/** Creates the subscription. A create that was not answered may have made it, so it is listed again. */
const make = async (
  { subscriptions, workspaceId, destination, beforePage, maySend }: Task,
  known: readonly Subscription[],
): Promise<SubscriptionProblem | undefined> => {
  const { url, signingKey } = destination;
  const body: SubscriptionCreate = {
    service: "channels",
    event,
    url,
    signingKey,
    eventFilters: [platformFilter],
  };
  const made = await subscriptions.create(workspaceId, body, { maySend });
  if (made.kind === "created") return undefined;
  const problem = createProblem(made, event);
  if (made.kind !== "unavailable") return problem;
  const listed = await subscriptions.list(workspaceId, { beforePage });
  if (listed.kind !== "found") return problem;
  const own = listed.value.filter((one) => isOwn(one, destination));
  const isThere = own.length > known.length || own.some((one) => known.every(({ id }) => id !== one.id));
  return isThere ? undefined : problem;
};

/** Deletes the old subscriptions after the new one exists, so that no event is lost. */
const removeOld = async (
  { subscriptions, workspaceId }: Task,
  old: readonly Subscription[],
): Promise<Omit<SubscriptionProblem, "cause"> | undefined> => {
  for (const { id } of old) {
    if (id === undefined) {
      const what = "an old subscription stays, because its id cannot be read";
      return { what, fix: "delete it in Bird" };
    }
    const deleted = await subscriptions.delete(workspaceId, id);
    if (deleted.kind === "gone") continue;
    const { what, fix } = deleteProblem(deleted);
    return { what: `the old subscription ${id} stays, because ${what}`, fix: `${fix}, then rotate again` };
  }
  return undefined;
};

const isOurEvent = ({ service, event: name }: Subscription): boolean =>
  service === "channels" && name === event;

const isWhatsApp = ({ key, value }: Subscription["eventFilters"][number]): boolean =>
  key === platformFilter.key && value === platformFilter.value;

/** Whether its filters let every new WhatsApp channel pass. */
const isOwn = (one: Subscription, { ownUrls }: Destination): boolean =>
  isOurEvent(one) && ownUrls.includes(one.url ?? "") && one.eventFilters.every(isWhatsApp);

/** Whether it counts against the same limit of Bird as Perch's own subscription. */
const isAlike = (one: Subscription): boolean =>
  isOurEvent(one) && one.eventFilters.length === 1 && one.eventFilters.every(isWhatsApp);

const failed = (problem: SubscriptionProblem): Preparation => ({
  kind: problem.cause === "away" ? "unavailable" : "missing",
  problem,
});

const unset = (what: string, fix: string): Preparation => failed({ cause: "not_configured", what, fix });

const full: SubscriptionProblem = {
  cause: "full",
  what: `Bird allows ${sameFiltersMax} subscriptions to ${event} for WhatsApp in a workspace and has them`,
  fix: "delete one in Bird",
};
