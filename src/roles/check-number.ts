import { setTimeout as pause } from "node:timers/promises";
import { type CheckNumber, createCheckNumber } from "../meta/check-number.ts";
import { createGraph, type Graph } from "../meta/graph.ts";
import type { ObserveMeta } from "../meta/observe-meta.ts";
import { createMetaBudget } from "../queue/gate/meta-budget.ts";
import type { Keys } from "../queue/keyspace/keys.ts";
import type { RedisClient } from "../redis/client.ts";

/** The app whose tokens are checked at Meta, and the fleet's budget of requests there. */
export interface MetaReads {
  readonly appId: string;
  readonly appSecret: string;
  readonly graphUrl: string;
  /** `META_READS_PER_SECOND`. */
  readonly readsPerSecond: number;
}

/** How long one request to Meta may take, ms: what it finds out may be late, an install may not. */
const requestTimeoutMs = 5000;

/** Opens Meta's Graph API; `opened` closes it. */
export const openGraph = (
  { appId, appSecret, graphUrl }: Omit<MetaReads, "readsPerSecond">,
  { opened, observe }: { readonly opened: AsyncDisposableStack; readonly observe?: ObserveMeta | undefined },
): Graph => {
  const graph = createGraph({ graphUrl, app: { appId, appSecret }, requestTimeoutMs, observe });
  opened.defer(async () => graph.close());
  return graph;
};

/** Opens the check of numbers at Meta, within the budget that all processes share; `opened` closes it. */
export const openCheckNumber = (
  meta: MetaReads,
  deps: {
    readonly client: RedisClient;
    readonly keys: Keys;
    readonly opened: AsyncDisposableStack;
    readonly observe?: ObserveMeta | undefined;
    readonly now?: () => number;
  },
): CheckNumber =>
  createCheckNumber({
    graph: openGraph(meta, deps),
    appId: meta.appId,
    budget: createMetaBudget({ ...deps, perSecond: meta.readsPerSecond }),
    pause,
    now: deps.now ?? Date.now,
  });
