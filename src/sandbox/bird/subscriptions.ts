import type { FastifyInstance } from "fastify";
import { type Answer, bodyError, errorAnswer, invalidAnswer, type Operation } from "../http/answer.ts";
import { pageAnswer, pageQuerySchema, withQuery } from "../http/page.ts";
import type { Store } from "../state/store.ts";
import {
  type Subscription,
  type SubscriptionCreate,
  subscriptionCreateSchema,
  subscriptionJson,
} from "../state/subscription.ts";
import type { Respond } from "./responder.ts";

interface Call {
  readonly workspaceId: string;
  readonly subscriptionId: string;
  readonly body: unknown;
  readonly query: unknown;
}

/**
 * Bird's routes for webhook subscriptions: those of an organization's workspace, and the list that is also found
 * without the organization.
 *
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions
 */
export const addSubscriptionRoutes = (
  app: FastifyInstance,
  deps: { readonly operations: SubscriptionOperations; readonly respond: Respond },
): void => {
  const { operations, respond } = deps;

  const add = (
    method: "GET" | "POST" | "DELETE",
    url: string,
    operation: Operation,
    work: (call: Call) => Answer,
  ) =>
    app.route<{ Params: { workspaceId: string; subscriptionId?: string } }>({
      method,
      url,
      config: { operation },
      handler: (request, reply) => {
        const { body, query, params } = request;
        const workspaceId = params.workspaceId.toLowerCase();
        const call = { workspaceId, subscriptionId: params.subscriptionId ?? "", body, query };
        respond(reply, { operation, workspaceId }, () => work(call));
      },
    });

  const shortPath = "/workspaces/:workspaceId/webhook-subscriptions";
  const listPath = `/organizations/:organizationId${shortPath}`;
  const onePath = `${listPath}/:subscriptionId`;
  add("POST", listPath, "createSubscription", ({ workspaceId, body }) =>
    operations.create(workspaceId, body),
  );
  for (const path of [listPath, shortPath]) {
    add("GET", path, "listSubscriptions", ({ workspaceId, query }) => operations.list(workspaceId, query));
  }
  add("GET", onePath, "getSubscription", ({ workspaceId, subscriptionId }) =>
    operations.get(workspaceId, subscriptionId),
  );
  add("DELETE", onePath, "deleteSubscription", ({ workspaceId, subscriptionId }) =>
    operations.remove(workspaceId, subscriptionId),
  );
};

const sameFiltersMax = 5;

/** Bird's operations on webhook subscriptions. */
interface SubscriptionOperations {
  readonly create: (workspaceId: string, body: unknown) => Answer;
  readonly get: (workspaceId: string, subscriptionId: string) => Answer;
  readonly list: (workspaceId: string, query: unknown) => Answer;
  readonly remove: (workspaceId: string, subscriptionId: string) => Answer;
}

const listQuerySchema = pageQuerySchema(100);

/** Creates the operations on subscriptions of a store. */
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
