import { type Answer, bodyError, errorAnswer, invalidAnswer } from "./answer.ts";
import { pageAnswer, pageQuerySchema, withQuery } from "./page.ts";
import type { Store } from "./store.ts";
import { type Subscription, subscriptionJson } from "./subscription.ts";
import { type SubscriptionCreate, subscriptionCreateSchema } from "./subscription-create.ts";

const sameFiltersMax = 5;

/** Bird's operations on webhook subscriptions. */
export interface SubscriptionOperations {
  readonly create: (workspaceId: string, body: unknown) => Answer;
  readonly get: (workspaceId: string, subscriptionId: string) => Answer;
  readonly list: (workspaceId: string, query: unknown) => Answer;
  readonly remove: (workspaceId: string, subscriptionId: string) => Answer;
}

const listQuerySchema = pageQuerySchema(100);

/** Plays subscriptions over a store. */
export const createSubscriptionOperations = (deps: {
  readonly store: Store;
  readonly subscribe: (workspaceId: string, body: SubscriptionCreate) => Subscription;
}): SubscriptionOperations => {
  const { store, subscribe } = deps;

  const live = (workspaceId: string): Subscription[] =>
    store.workspace(workspaceId).subscriptions.filter(({ isDeleted }) => !isDeleted);

  const find = (workspaceId: string, subscriptionId: string): Subscription | undefined =>
    live(workspaceId).find(({ id }) => id === subscriptionId.toLowerCase());

  return {
    create: (workspaceId, input) => {
      const parsed = subscriptionCreateSchema.safeParse(input, { error: bodyError });
      if (!parsed.success) return invalidAnswer(parsed.error.issues);
      const body = parsed.data;
      const alike = live(workspaceId).filter((one) => combination(one) === combination(body));
      if (alike.length >= sameFiltersMax) {
        return errorAnswer(422, {
          eventFilters: [`at most ${sameFiltersMax} subscriptions may have the same filters`],
        });
      }
      const subscription = subscribe(workspaceId, body);
      store.workspace(workspaceId).subscriptions.push(subscription);
      const { signingKey } = body;
      return {
        status: 201,
        body: { ...subscriptionJson(subscription), ...(signingKey !== undefined && { signingKey }) },
      };
    },
    get: (workspaceId, subscriptionId) => {
      const subscription = find(workspaceId, subscriptionId);
      return subscription === undefined
        ? errorAnswer(404)
        : { status: 200, body: subscriptionJson(subscription) };
    },
    list: (workspaceId, query) =>
      withQuery(listQuerySchema, query, (page) =>
        pageAnswer(store.workspace(workspaceId).subscriptions, page, {
          isShown: ({ isDeleted }) => !isDeleted,
          toJson: subscriptionJson,
        }),
      ),
    remove: (workspaceId, subscriptionId) => {
      const subscription = find(workspaceId, subscriptionId);
      if (subscription === undefined) return errorAnswer(404);
      subscription.isDeleted = true;
      return { status: 204 };
    },
  };
};

const combination = ({ service, event, eventFilters }: SubscriptionCreate): string => {
  const filters = (eventFilters ?? []).map(({ key, value }) => JSON.stringify([key, value]));
  return [service, event, ...filters.toSorted()].join(" ");
};
