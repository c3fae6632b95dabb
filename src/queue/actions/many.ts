import { z } from "zod";
import { type Install, type InstallStatus, installStatuses, isEnded } from "../../install/install.ts";
import type { InstallChange, Requester } from "../../install/request.ts";
import type { RedisClient } from "../../redis/client.ts";
import { createFairPriorities } from "../gate/fair-priorities.ts";
import type { Installs } from "../installs/installs.ts";
import type { ListOptions } from "../installs/list-installs.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { InstallActions } from "./installs.ts";
import { refusedBecause } from "./refusal.ts";

/** Statuses an action is for. */
export const retriedStatuses = ["failed", "cancelled"] as const;
export const cancelledStatuses = installStatuses.filter((status) => !isEnded(status));

const common = {
  matched: z.int().meta({ description: "Installs that fit the filter, among those this call looked at." }),
  refused: z
    .array(z.object({ installId: z.string(), message: z.string() }))
    .readonly()
    .meta({ description: "Why others were not acted on; the first twenty." }),
  isComplete: z.boolean().meta({ description: "Whether the call looked at all installs there are." }),
  nextCursor: z.string().optional().meta({
    description: "Where the next call goes on, as `cursor` of its body; absent when it is complete.",
  }),
} as const;

export const manyRetriedSchema = z
  .object({
    ...common,
    retried: z.int().meta({ description: "Installs that were started again; none in a dry run." }),
  })
  .meta({ id: "InstallsRetry" });

export const manyCancelledSchema = z
  .object({
    ...common,
    cancelled: z.int().meta({ description: "Installs that are to end; none in a dry run." }),
  })
  .meta({ id: "InstallsCancel" });

/** Installs with these ids, or those that match a filter of a list. */
export type ManyFilter =
  | { readonly ids: readonly string[] }
  | (Omit<ListOptions, "limit" | "cursor" | "within" | "order"> & { readonly ids?: undefined });

export interface ManyOptions extends Requester {
  readonly filter: ManyFilter;
  /** Only counts what fits. */
  readonly dryRun?: boolean | undefined;
  /** Where an earlier call stopped. */
  readonly cursor?: string | undefined;
  /** Only installs of these workspaces, in lower case. */
  readonly within?: readonly string[] | undefined;
}

/** Actions on many installs, so many a call that it ends within seconds; the next call goes on from `nextCursor`. */
export interface ManyActions {
  /** Starts failed and cancelled installs again. */
  retry(
    options: ManyOptions & { readonly replace?: InstallChange | undefined },
  ): Promise<z.output<typeof manyRetriedSchema>>;
  /** Ends installs that have not ended. */
  cancel(options: ManyOptions): Promise<z.output<typeof manyCancelledSchema>>;
}

/** Installs a page, and those acted on at a time. */
const pageSizes = { act: 50, count: 500 } as const;
const pagesMax = 20;
const refusedMax = 20;

interface Refusal {
  readonly installId: string;
  readonly message: string;
}

/** Acts on a group of installs. @returns what was refused. */
type ActOnGroup = (group: readonly Install[]) => Promise<readonly Refusal[]>;

export const createManyActions = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly installs: Pick<Installs, "findMany" | "list">;
  readonly actions: Pick<InstallActions, "retry" | "cancel">;
  readonly now?: () => number;
}): ManyActions => {
  const { installs, actions } = deps;
  const fair = createFairPriorities({ ...deps, now: deps.now ?? Date.now });

  /** A page of what fits. Ids are one list, in which the cursor is the place of the next. */
  const select = async (
    { filter, within }: ManyOptions,
    statuses: readonly InstallStatus[],
    { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
  ): Promise<{ readonly items: readonly Install[]; readonly nextCursor?: string | undefined }> => {
    if (filter.ids === undefined) {
      const { ids: _, status = statuses, ...others } = filter;
      return installs.list({ ...others, status, within, limit, cursor });
    }
    const ids = [...new Set(filter.ids)].sort().reverse();
    const rest = cursor === undefined ? ids : ids.filter((id) => id < cursor);
    const found = await installs.findMany(rest.slice(0, limit));
    const items = found
      .filter((install) => install !== undefined)
      .filter(({ status }) => statuses.includes(status))
      .filter(({ workspaceId }) => within === undefined || within.includes(workspaceId.toLowerCase()));
    return { items, nextCursor: rest.length > limit ? rest[limit - 1] : undefined };
  };

  const run = async (options: ManyOptions, statuses: readonly InstallStatus[], act: ActOnGroup) => {
    const { dryRun = false } = options;
    const limit = dryRun ? pageSizes.count : pageSizes.act;
    const refused: Refusal[] = [];
    let [matched, { cursor }] = [0, options];
    for (let page = 0; page < pagesMax; page += 1) {
      const { items, nextCursor } = await select(options, statuses, { limit, cursor });
      matched += items.length;
      if (!dryRun) refused.push(...(await act(items)));
      cursor = nextCursor;
      if (cursor === undefined) break;
    }
    return {
      done: dryRun ? 0 : matched - refused.length,
      answer: {
        matched,
        refused: refused.slice(0, refusedMax),
        isComplete: cursor === undefined,
        nextCursor: cursor,
      },
    };
  };

  /** Acts on one install. @returns the refusal, if it was refused. */
  const tryOne = async (
    installId: string,
    { within }: Pick<ManyOptions, "within">,
    act: () => Promise<unknown>,
  ): Promise<readonly Refusal[]> => {
    const message = await refusedBecause(act, within);
    return message === undefined ? [] : [{ installId, message }];
  };

  return {
    retry: async ({ replace = {}, ...options }) => {
      const { requestedBy } = options;
      const { done, answer } = await run(options, retriedStatuses, async (group) => {
        const workspaceIds = group.map(({ workspaceId }) => workspaceId);
        const priorities = await fair.next("bulk", workspaceIds);
        const refused = await Promise.all(
          group.map(({ id }, at) =>
            tryOne(id, options, () => actions.retry(id, replace, { requestedBy, priority: priorities[at] })),
          ),
        );
        return refused.flat();
      });
      return { ...answer, retried: done };
    },
    cancel: async (options) => {
      const { requestedBy } = options;
      const { done, answer } = await run(options, cancelledStatuses, async (group) => {
        const refused = await Promise.all(
          group.map(({ id }) =>
            tryOne(id, options, () => actions.cancel(id, { requestedBy, keepsPriority: true })),
          ),
        );
        return refused.flat();
      });
      return { ...answer, cancelled: done };
    },
  };
};
