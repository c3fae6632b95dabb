import type { FastifyInstance } from "fastify";
import type { Answer } from "./answer.ts";
import type { Operation } from "./operation.ts";
import type { Player } from "./player.ts";
import type { SubscriptionOperations } from "./subscription-operations.ts";

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
  deps: { readonly operations: SubscriptionOperations; readonly play: Player },
): void => {
  const { operations, play } = deps;

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
        play(reply, { operation, workspaceId }, () => work(call));
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
