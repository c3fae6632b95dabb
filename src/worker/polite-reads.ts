import { setTimeout as pause } from "node:timers/promises";
import type { Channels } from "../bird/channels.ts";
import type { Connectors } from "../bird/connectors.ts";
import type { ReadBudget } from "../queue/read-budget.ts";

/**
 * Connectors and channels whose every GET takes its place in the workspace's budget and waits for it. A run
 * peeks before it begins, so what is waited for here are the few further pages of a list.
 */
export const createPoliteReads = (deps: {
  readonly connectors: Connectors;
  readonly channels: Channels;
  readonly readBudget: ReadBudget;
}): { readonly connectors: Connectors; readonly channels: Channels } => {
  const { connectors, channels, readBudget } = deps;
  const politely =
    <A, R>(read: (workspaceId: string, about: A) => Promise<R>) =>
    async (workspaceId: string, about: A): Promise<R> => {
      const waitMs = await readBudget.take(workspaceId);
      if (waitMs > 0) await pause(waitMs);
      return read(workspaceId, about);
    };
  return {
    connectors: {
      create: connectors.create,
      get: politely(connectors.get),
      readiness: politely(connectors.readiness),
      list: politely(connectors.list),
    },
    channels: { get: politely(channels.get), findByConnector: politely(channels.findByConnector) },
  };
};
