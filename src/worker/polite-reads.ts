import { setTimeout as pause } from "node:timers/promises";
import type { Channels } from "../bird/channels.ts";
import type { Connectors } from "../bird/connectors.ts";
import type { ReadBudget } from "../queue/gate/budget.ts";

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
  const polite = <A, R>(read: Read<A, R>) => politely(readBudget, read);
  return {
    connectors: {
      create: connectors.create,
      get: polite(connectors.get),
      readiness: polite(connectors.readiness),
      list: polite(connectors.list),
    },
    channels: { get: polite(channels.get), findByConnector: polite(channels.findByConnector) },
  };
};

type Read<A, R> = (workspaceId: string, about: A) => Promise<R>;

/** A GET that takes its place in the workspace's budget and waits for it. */
export const politely =
  <A, R>(readBudget: Pick<ReadBudget, "take">, read: Read<A, R>): Read<A, R> =>
  async (workspaceId, about) => {
    const waitMs = await readBudget.take(workspaceId);
    if (waitMs > 0) await pause(waitMs);
    return read(workspaceId, about);
  };
