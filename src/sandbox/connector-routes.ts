import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Answer, bodyError, invalidAnswer } from "./answer.ts";
import { connectorCreateSchema } from "./connector-create.ts";
import { type ConnectorOperations, numberOf } from "./connector-operations.ts";
import type { FaultBook } from "./fault-book.ts";
import { installPlan } from "./install-plan.ts";
import type { Operation } from "./operation.ts";
import type { Player } from "./player.ts";
import type { Store } from "./store.ts";

interface WorkspaceRoute {
  Params: { workspaceId: string };
}

interface ConnectorRoute {
  Params: { workspaceId: string; connectorId: string };
}

/**
 * Bird's routes for connectors.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channel-connectors
 */
export const addConnectorRoutes = (
  app: FastifyInstance,
  deps: {
    readonly operations: ConnectorOperations;
    readonly store: Store;
    readonly faults: FaultBook;
    readonly play: Player;
  },
): void => {
  const { operations, store, faults, play } = deps;
  const listPath = "/workspaces/:workspaceId/connectors";
  const onePath = `${listPath}/:connectorId`;

  app.post<WorkspaceRoute>(listPath, { config: { operation: "create" } }, (request, reply) => {
    const parsed = connectorCreateSchema.safeParse(request.body, { error: bodyError });
    const workspaceId = request.params.workspaceId.toLowerCase();
    if (!parsed.success) {
      const { issues } = parsed.error;
      // A key without the policy is refused before anybody reads the body.
      play(reply, { operation: "create", workspaceId }, () => invalidAnswer(issues));
      return;
    }
    const subject = { operation: "create", workspaceId, ...numberOf(parsed.data) } as const;
    const order = { workspaceId, body: parsed.data, createdBy: createdBy(request) };
    play(reply, subject, () => operations.create(order, () => installPlan(faults.creationFaults(subject))));
  });

  app.get<WorkspaceRoute>(listPath, { config: { operation: "listConnectors" } }, (request, reply) => {
    const workspaceId = request.params.workspaceId.toLowerCase();
    play(reply, { operation: "listConnectors", workspaceId }, () =>
      operations.list(workspaceId, request.query),
    );
  });

  const addOne = (
    method: "GET" | "DELETE",
    url: string,
    operation: Operation,
    work: (workspaceId: string, connectorId: string) => Answer,
  ) =>
    app.route<ConnectorRoute>({
      method,
      url,
      config: { operation },
      handler: (request, reply) => {
        const { connectorId } = request.params;
        const workspaceId = request.params.workspaceId.toLowerCase();
        const { phoneId, phoneNumber } = store.connector(workspaceId, connectorId) ?? {};
        play(reply, { operation, workspaceId, phoneId, phoneNumber }, () => work(workspaceId, connectorId));
      },
    });
  addOne("GET", onePath, "getConnector", operations.get);
  addOne("DELETE", onePath, "deleteConnector", operations.remove);
  addOne("GET", `${onePath}/status`, "connectorStatus", operations.status);
};

const createdBy = ({ headers }: FastifyRequest): string | undefined => {
  const marker = headers["x-request-marker"];
  return typeof marker === "string" ? marker : headers["user-agent"];
};
