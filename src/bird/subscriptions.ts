import type { BirdClient, BirdRequest } from "./bird-client.ts";
import { birdPath } from "./bird-path.ts";
import { type DeleteResult, deleteResult } from "./delete-result.ts";
import { type ReadResult, readResult } from "./read-result.ts";
import { type Refusal, refusalOf } from "./refusal.ts";
import { type Subscription, type SubscriptionCreate, subscriptionPageSchema } from "./subscription.ts";

/** Subscriptions with one combination of event and filters that Bird allows in a workspace. */
export const sameFiltersMax = 5;

/** Pages of 100 walked at most. */
const pagesMax = 100;

export interface Subscriptions {
  /**
   * Every subscription of the workspace, over all pages. `beforePage` is awaited before each GET, so that a
   * caller can keep to a budget.
   */
  list(
    workspaceId: string,
    options?: { readonly beforePage?: (() => Promise<void>) | undefined },
  ): Promise<ReadResult<readonly Subscription[]>>;
  /**
   * Makes one. Bird does not mind a second of the same, so list before, and again after an `unavailable`.
   */
  create(
    workspaceId: string,
    body: SubscriptionCreate,
    options?: Pick<BirdRequest, "maySend">,
  ): Promise<{ readonly kind: "created" } | Refusal>;
  delete(workspaceId: string, subscriptionId: string): Promise<DeleteResult>;
}

/**
 * Bird's webhook subscriptions of a workspace. There is no documented way to change one: delete and create.
 *
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions
 */
export const createSubscriptions = (deps: {
  readonly client: BirdClient;
  /** `BIRD_ORGANIZATION_ID`. */
  readonly organizationId: string;
}): Subscriptions => {
  const { client } = deps;
  const path = (workspaceId: string): string =>
    birdPath`/organizations/${deps.organizationId}/workspaces/${workspaceId}/webhook-subscriptions`;
  return {
    list: async (workspaceId, { beforePage } = {}) => {
      const found: Subscription[] = [];
      let pageToken: string | undefined;
      for (let page = 0; page < pagesMax; page += 1) {
        await beforePage?.();
        const query = { limit: 100, ...(pageToken !== undefined && { pageToken }) };
        const answer = await client.send({ method: "GET", path: path(workspaceId), query });
        const read = readResult(subscriptionPageSchema, answer);
        if (read.kind !== "found") return read;
        found.push(...read.value.results);
        pageToken = read.value.nextPageToken;
        if (pageToken === undefined) return { kind: "found", value: found };
      }
      return { kind: "unavailable", reason: "the list of subscriptions does not end" };
    },
    create: async (workspaceId, body, options) =>
      refusalOf(await client.send({ method: "POST", path: path(workspaceId), json: body, ...options })) ?? {
        kind: "created",
      },
    delete: async (workspaceId, subscriptionId) =>
      deleteResult(
        await client.send({
          method: "DELETE",
          path: birdPath`/organizations/${deps.organizationId}/workspaces/${workspaceId}/webhook-subscriptions/${subscriptionId}`,
        }),
      ),
  };
};
