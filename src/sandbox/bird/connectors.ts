import { hash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { FaultInjector } from "../faults/injector.ts";
import { type Answer, bodyError, errorAnswer, invalidAnswer, type Operation } from "../http/answer.ts";
import { pageAnswer, pageQuerySchema, withQuery } from "../http/page.ts";
import {
  type Connector,
  type ConnectorCreate,
  connectorCreateSchema,
  connectorJson,
} from "../state/connector.ts";
import { type InstallPlan, installPlan } from "../state/install-plan.ts";
import type { Installer } from "../state/installer.ts";
import type { Store } from "../state/store.ts";
import type { Respond } from "./responder.ts";

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
    readonly faults: FaultInjector;
    readonly respond: Respond;
  },
): void => {
  const { operations, store, faults, respond } = deps;
  const listPath = "/workspaces/:workspaceId/connectors";
  const onePath = `${listPath}/:connectorId`;

  app.post<WorkspaceRoute>(listPath, { config: { operation: "create" } }, (request, reply) => {
    const parsed = connectorCreateSchema.safeParse(request.body, { error: bodyError });
    const workspaceId = request.params.workspaceId.toLowerCase();
    if (!parsed.success) {
      const { issues } = parsed.error;
      // A fault rule's refusal of the key comes before the body is validated.
      respond(reply, { operation: "create", workspaceId }, () => invalidAnswer(issues));
      return;
    }
    const subject = { operation: "create", workspaceId, ...numberOf(parsed.data) } as const;
    const order = { workspaceId, body: parsed.data, createdBy: createdBy(request) };
    respond(reply, subject, () =>
      operations.create(order, () => installPlan(faults.creationFaults(subject))),
    );
  });

  app.get<WorkspaceRoute>(listPath, { config: { operation: "listConnectors" } }, (request, reply) => {
    const workspaceId = request.params.workspaceId.toLowerCase();
    respond(reply, { operation: "listConnectors", workspaceId }, () =>
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
        respond(reply, { operation, workspaceId, phoneId, phoneNumber }, () =>
          work(workspaceId, connectorId),
        );
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

/** A create and its sender. */
interface ConnectorOrder {
  readonly workspaceId: string;
  readonly body: ConnectorCreate;
  readonly createdBy: string | undefined;
}

/** Bird's operations on connectors. */
interface ConnectorOperations {
  /** `plan` is called only when the connector is made. */
  readonly create: (order: ConnectorOrder, plan: () => InstallPlan) => Answer;
  readonly get: (workspaceId: string, connectorId: string) => Answer;
  readonly list: (workspaceId: string, query: unknown) => Answer;
  readonly remove: (workspaceId: string, connectorId: string) => Answer;
  readonly status: (workspaceId: string, connectorId: string) => Answer;
}

const listQuerySchema = pageQuerySchema(100).extend({ templateRef: z.string().optional() });

/** Creates the operations on connectors of a store. With `conflictOn` "phoneId" a workspace takes each phone id once, else 409. */
export const createConnectorOperations = (deps: {
  readonly store: Store;
  readonly installer: Installer;
  readonly conflictOn: "none" | "phoneId";
  readonly now: () => number;
  readonly newId: () => string;
}): ConnectorOperations => {
  const { store, installer, conflictOn, now, newId } = deps;

  const make = ({ workspaceId, body, createdBy }: ConnectorOrder, plan: InstallPlan): Connector => {
    const atMs = now();
    const connector = {
      id: newId(),
      workspaceId,
      name: body.name,
      templateRef: body.connectorTemplateRef,
      arguments: body.arguments ?? null,
      ...numberOf(body),
      accessTokenSha256: accessTokenSha256(body),
      createdBy,
      createdAtMs: atMs,
      echoesArguments: plan.echoesArguments,
      listedFromMs: atMs + plan.listLagMs,
      channel: undefined,
      updatedAtMs: atMs,
      deletedAtMs: undefined,
    };
    store.addConnector(connector);
    return connector;
  };

  const conflict = ({ workspaceId, body }: ConnectorOrder): Connector | undefined => {
    const { phoneId } = numberOf(body);
    if (conflictOn === "none" || phoneId === undefined) return undefined;
    const sameNumber = store.workspace(workspaceId).connectorsByPhoneId.get(phoneId);
    return sameNumber?.find(({ deletedAtMs }) => deletedAtMs === undefined);
  };

  return {
    create: (order, plan) => {
      const existing = conflict(order);
      if (existing !== undefined) return errorAnswer(409, { connectorId: existing.id });
      const planned = plan();
      const connector = make(order, planned);
      const stored = connectorJson(connector);
      const ready = installer.start(connector, planned);
      return { status: 201, body: planned.channel === "at_once" ? connectorJson(connector) : stored, ready };
    },
    get: (workspaceId, connectorId) => {
      const connector = store.connector(workspaceId, connectorId);
      return connector === undefined ? errorAnswer(404) : { status: 200, body: connectorJson(connector) };
    },
    list: (workspaceId, query) =>
      withQuery(listQuerySchema, query, ({ templateRef, ...page }) => {
        const atMs = now();
        return pageAnswer(store.workspace(workspaceId).connectors, page, {
          isShown: (connector) =>
            connector.deletedAtMs === undefined &&
            connector.listedFromMs <= atMs &&
            (templateRef === undefined || templateRef === connector.templateRef),
          toJson: connectorJson,
        });
      }),
    remove: (workspaceId, connectorId) => {
      const connector = store.connector(workspaceId, connectorId);
      if (connector === undefined) return errorAnswer(404);
      connector.deletedAtMs = now();
      if (connector.channel !== undefined) connector.channel.isDeleted = true;
      return { status: 204 };
    },
    status: (workspaceId, connectorId) => {
      const connector = store.connector(workspaceId, connectorId);
      if (connector === undefined) return errorAnswer(404);
      const status = connector.channel?.status ?? "pending";
      const stage = status === "active" ? "ready" : "installing";
      return { status: 200, body: { channel: { status, stage }, number: { status } } };
    },
  };
};

/** Ids of the number a create is about; undefined where its template has none. */
const numberOf = ({ arguments: given }: ConnectorCreate) => ({
  phoneId: textOf(given?.phoneId),
  phoneNumber: textOf(given?.phoneNumber),
});

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const accessTokenSha256 = ({ securityArguments }: ConnectorCreate): string | undefined => {
  const token = textOf(securityArguments?.oauth?.accessToken);
  return token === undefined ? undefined : hash("sha256", token);
};
