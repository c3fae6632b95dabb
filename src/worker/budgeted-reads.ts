import { setTimeout as pause } from "node:timers/promises";
import type { Channels } from "../bird/channels.ts";
import type { Connectors } from "../bird/connectors.ts";
import type { ReadBudget } from "../queue/gate/budget.ts";

/**
 * Wraps connectors and channels: every GET takes a slot of the workspace's budget and waits for it. A run peeks at the
 * budget before it starts, so only further pages of a list wait here.
 */
export const createBudgetedReads = (deps: {
  readonly connectors: Connectors;
  readonly channels: Channels;
  readonly readBudget: ReadBudget;
}): { readonly connectors: Connectors; readonly channels: Channels } => {
  const { connectors, channels, readBudget } = deps;
  const inBudget = <A, R>(read: Read<A, R>) => budgeted(readBudget, read);
  return {
    connectors: {
      create: connectors.create,
      get: inBudget(connectors.get),
      readiness: inBudget(connectors.readiness),
      list: inBudget(connectors.list),
    },
    channels: { get: inBudget(channels.get), findByConnector: inBudget(channels.findByConnector) },
  };
};

type Read<A, R> = (workspaceId: string, about: A) => Promise<R>;

/** Wraps a GET: it takes a slot of the workspace's budget and waits for it. */
export const budgeted =
  <A, R>(readBudget: Pick<ReadBudget, "take">, read: Read<A, R>): Read<A, R> =>
  async (workspaceId, about) => {
    const waitMs = await readBudget.take(workspaceId);
    if (waitMs > 0) await pause(waitMs);
    return read(workspaceId, about);
  };
