import type { EventSender } from "../events/sender.ts";
import type { Timers } from "../faults/timers.ts";
import { type Channel, channelJson } from "./channel.ts";
import { type Connector, platformOf } from "./connector.ts";
import type { InstallPlan } from "./install-plan.ts";
import type { Store } from "./store.ts";
import { wantsEvent } from "./subscription.ts";

/** Does what Bird does in the background once a connector is stored. */
export interface Installer {
  /** Starts an install; a promise when the answer must wait for its event. */
  readonly start: (connector: Connector, plan: InstallPlan) => Promise<void> | undefined;
}

/** Makes the installer. `channelDelayMs` is the time from connector to channel. */
export const createInstaller = (deps: {
  readonly store: Store;
  readonly sender: EventSender;
  readonly timers: Timers;
  readonly channelDelayMs: number;
  readonly now: () => number;
  readonly newId: () => string;
}): Installer => {
  const { store, sender, timers, channelDelayMs, now, newId } = deps;

  const makeChannel = (connector: Connector, plan: InstallPlan): Channel => {
    const atMs = now();
    const channel = {
      id: newId(),
      platformId: platformOf(connector),
      name: connector.name,
      connectorId: connector.id,
      identifier: connector.phoneNumber,
      createdAtMs: atMs,
      status: plan.status,
      updatedAtMs: atMs,
      isDeleted: false,
    };
    store.addChannel(connector, channel);
    if (plan.thenStatus !== undefined)
      changeLater(channel, { ...plan, thenStatus: plan.thenStatus }, connector);
    return channel;
  };

  const changeLater = (
    channel: Channel,
    plan: InstallPlan & { readonly thenStatus: string },
    { workspaceId }: Connector,
  ): void =>
    timers.after(plan.thenAfterMs, () => {
      if (channel.isDeleted) return;
      channel.status = plan.thenStatus;
      channel.updatedAtMs = now();
      if (plan.isEventSent) void send({ workspaceId, event: "channel.updated", channel, plan });
    });

  const send = async ({ workspaceId, event, channel, plan }: SentEvent): Promise<void> => {
    const about = { platformId: channel.platformId, channelStatus: channel.status };
    const subscriptions = store
      .workspace(workspaceId)
      .subscriptions.filter((subscription) => wantsEvent(subscription, event, about));
    if (subscriptions.length === 0) return;
    const payload = plan.isEventMinimal ? { id: channel.id, status: channel.status } : channelJson(channel);
    const body = JSON.stringify({ service: "channels", event, payload });
    const { eventRepeats: repeats, wrongSignatures } = plan;
    const tries = subscriptions.map(
      ({ url, signingKey }) =>
        new Promise<void>((onTried) => {
          sender.send({ url, signingKey, body, wrongSignatures, repeats, onTried });
        }),
    );
    await Promise.all(tries);
  };

  const announce = async (connector: Connector, channel: Channel, plan: InstallPlan): Promise<void> => {
    const { workspaceId } = connector;
    const event = "channel.created";
    const sent: Promise<void>[] = [];
    if (plan.hasUnknownConnectorEvent) {
      const stranger = { ...channel, id: newId(), connectorId: newId(), name: "made by another system" };
      sent.push(send({ workspaceId, event, channel: { ...stranger, identifier: undefined }, plan }));
    }
    if (plan.isEventSent) sent.push(send({ workspaceId, event, channel, plan }));
    if (plan.hasOtherChannelEvent) {
      sent.push(send({ workspaceId, event, channel: { ...channel, id: newId() }, plan }));
    }
    await Promise.all(sent);
  };

  const install = (connector: Connector, plan: InstallPlan): void => {
    if (connector.deletedAtMs !== undefined) return;
    const channel = connector.channel ?? makeChannel(connector, plan);
    if (plan.eventDelayMs === 0) void announce(connector, channel, plan);
    else timers.after(plan.eventDelayMs, () => void announce(connector, channel, plan));
  };

  return {
    start: (connector, plan) => {
      if (plan.channel === "never") return undefined;
      if (plan.isEventBeforeAnswer) return announce(connector, makeChannel(connector, plan), plan);
      if (plan.channel === "at_once") makeChannel(connector, plan);
      timers.after(channelDelayMs, () => install(connector, plan));
      return undefined;
    },
  };
};

interface SentEvent {
  readonly workspaceId: string;
  readonly event: "channel.created" | "channel.updated";
  readonly channel: Channel;
  readonly plan: InstallPlan;
}
