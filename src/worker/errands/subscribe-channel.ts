import { setTimeout as pause } from "node:timers/promises";
import {
  createProblem,
  listProblem,
  type Subscription,
  type Subscriptions,
  sameFiltersMax,
} from "../../bird/subscriptions.ts";
import type { ChannelWebhooksState } from "../../install/install.ts";
import type { ChannelWebhooks } from "../../install/request.ts";
import { problemText, type SubscriptionProblem } from "../../install/workspace-state.ts";
import type { Logger } from "../../log.ts";
import type { ReadBudget } from "../../queue/gate/budget.ts";
import type { SubscribeChannelErrand } from "../../queue/maintenance/errands.ts";
import { UnsealError } from "../../queue/secrets/seal.ts";
import type { RunErrand } from "./process.ts";

/** Final states of the subscriptions. */
export type ChannelWebhooksEnd = ChannelWebhooksState & { readonly status: "subscribed" | "failed" };

type SubscribeChannel = RunErrand<SubscribeChannelErrand>;

/** Why the subscriptions could not be created: what to do, and whether a retry may help. */
interface Problem {
  readonly message: string;
  readonly isPassing: boolean;
}

type Wanted = Pick<SubscribeChannelErrand, "workspaceId" | "channelId"> & ChannelWebhooks;

/**
 * Subscribes a completed install's channel to the events its request asked for. A subscription that Bird already lists is
 * not created, so a repeat or crash creates no duplicate.
 *
 * Retries failures that may pass; records refusals and the failure of the last try for operators. The install stays
 * completed in any case.
 */
export const createSubscribeChannel = (deps: {
  /** Undefined without BIRD_ORGANIZATION_ID, which is part of the path. */
  readonly subscriptions: Pick<Subscriptions, "list" | "create"> | undefined;
  readonly readBudget: Pick<ReadBudget, "take">;
  /** Reads what the install asked for; undefined: nothing, it does not exist, or it is subscribed. @throws {UnsealError} */
  readonly readChannelWebhooks: (installId: string) => Promise<ChannelWebhooks | undefined>;
  readonly recordChannelWebhooks: (installId: string, end: ChannelWebhooksEnd) => Promise<void>;
  readonly log: Logger;
}): SubscribeChannel => {
  const { subscriptions, log } = deps;

  const subscribe = async (wanted: Wanted): Promise<Problem | undefined> => {
    if (subscriptions === undefined) return lasting("BIRD_ORGANIZATION_ID is not set: set it");
    const { workspaceId } = wanted;
    const beforePage = async (): Promise<void> => {
      const waitMs = await deps.readBudget.take(workspaceId);
      if (waitMs > 0) await pause(waitMs);
    };
    const listed = await subscriptions.list(workspaceId, { beforePage });
    if (listed.kind !== "found") return problemOf(listProblem(listed));
    for (const event of wanted.events) {
      const problem = await subscribeEvent(subscriptions, { ...wanted, event, listed: listed.value });
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

  /** Reads what the install asked for, or why that cannot be read. */
  const read = async (installId: string): Promise<ChannelWebhooks | Problem | undefined> => {
    try {
      return await deps.readChannelWebhooks(installId);
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      return lasting(
        "the sealed signing key cannot be opened: give producers and workers the same SEALING_KEYS",
      );
    }
  };

  return async (errand, { isLastTry }) => {
    const { installId, workspaceId, channelId } = errand;
    const asked = await read(installId);
    if (asked === undefined) return "done";
    const problem = "isPassing" in asked ? asked : await subscribe({ workspaceId, channelId, ...asked });
    if (problem === undefined) {
      await deps.recordChannelWebhooks(installId, { status: "subscribed" });
      return "done";
    }
    if (problem.isPassing && !isLastTry) return { errand, isTry: true };
    const error = `The channel's events are not all subscribed: ${problem.message}. Then subscribe them in Bird by hand.`;
    log.warn({ installId, workspaceId, channelId, reason: error }, "the channel's webhooks failed");
    await deps.recordChannelWebhooks(installId, { status: "failed", error });
    return "done";
  };
};

/** Creates the subscription of one event unless it is listed. */
const subscribeEvent = async (
  subscriptions: Pick<Subscriptions, "create">,
  wanted: Wanted & { readonly event: string; readonly listed: readonly Subscription[] },
): Promise<Problem | undefined> => {
  const { workspaceId, channelId, event, url, signingKey } = wanted;
  const alike = wanted.listed.filter((one) => isOfChannel(one, event, channelId));
  if (alike.some((one) => one.url === url)) return undefined;
  if (alike.length >= sameFiltersMax) {
    return lasting(
      `Bird allows ${sameFiltersMax} subscriptions to ${event} of one channel and has them: delete one in Bird`,
    );
  }
  const eventFilters = [{ key: "channelId", value: channelId }];
  const body = { service: "channels", event, url, signingKey, eventFilters } as const;
  const made = await subscriptions.create(workspaceId, body);
  return made.kind === "created" ? undefined : problemOf(createProblem(made, event));
};

const isOfChannel = (
  { service, event, eventFilters }: Subscription,
  wantedEvent: string,
  channelId: string,
): boolean => {
  const [filter, ...others] = eventFilters;
  return (
    service === "channels" &&
    event === wantedEvent &&
    others.length === 0 &&
    filter?.key === "channelId" &&
    filter.value === channelId
  );
};

const lasting = (message: string): Problem => ({ message, isPassing: false });

const problemOf = (problem: SubscriptionProblem): Problem => ({
  message: problemText(problem),
  isPassing: problem.cause === "away",
});
