import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { ProblemError } from "../http/problem.ts";
import { connectLinkSchema, connectLinkStatuses } from "../install/connect-link.ts";
import type { Logger } from "../log.ts";
import { ConnectLinkNotFoundError, type Links } from "../queue/links/links.ts";
import type { MakeLink } from "../queue/links/make-link.ts";
import { type Caller, callerOf, reaches, requireReach } from "./auth/reach.ts";
import { createLinkBody, linkExamples } from "./installs/body.ts";
import { answer, problems } from "./server/answers.ts";
import {
  idParams,
  limitSchema,
  listSchema,
  nextCursorSchema,
  positionCursorSchema,
} from "./server/parameters.ts";

const description = `Makes a link for one customer. On its page the customer goes through Meta's embedded signup, and what comes of it is
installed with the members sent here. The \`url\` is shown once: its secret is not stored. It is in the fragment, which a browser
sends to no server, so it is in no log. Two calls make two links, which harms nothing: an install is made when one is used, and one
number has one current install.`;

const createdSchema = connectLinkSchema
  .pick({ id: true, status: true, expiresAt: true })
  .extend({ url: z.string().meta({ description: "For the customer; shown once." }) })
  .meta({ id: "NewConnectLink" });

const pageSchema = z
  .object({ items: z.array(connectLinkSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "ConnectLinkPage" });

/** Where links lead, and where their pages may send customers. */
export interface ConnectAddress {
  /** `CONNECT_PUBLIC_URL`, without a slash at the end. */
  readonly publicUrl: string;
  /** `CONNECT_REDIRECT_HOSTS`. */
  readonly redirectHosts: readonly string[];
}

export interface ConnectLinksDeps {
  readonly links: Pick<Links, "find" | "list" | "revoke">;
  readonly makeLink: MakeLink;
  /** Undefined without CONNECT_PUBLIC_URL: links have no address. */
  readonly connect?: ConnectAddress | undefined;
  /** `NOTIFY_ALLOW_PRIVATE`: addresses of webhooks may be http. */
  readonly allowsHttp: boolean;
  readonly log: Logger;
}

/** The address of a link; the secret is in the fragment. */
export const connectUrl = (publicUrl: string, id: string, secret: string): string =>
  `${publicUrl}/c/${id}#${secret}`;

/** `/v1/connect-links`. */
export const addConnectLinks = (server: FastifyInstance, deps: ConnectLinksDeps): void => {
  const { links, connect, allowsHttp, log } = deps;
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.post(
    "/v1/connect-links",
    {
      config: { scope: "write", reach: "workspaces" },
      schema: {
        operationId: "createConnectLink",
        tags: ["connect"],
        summary: "Make a link for a customer",
        description,
        bodyExamples: linkExamples,
        body: createLinkBody({ allowsHttp, redirectHosts: connect?.redirectHosts ?? [] }),
        response: { 201: answer(createdSchema, "The link with its address."), ...problems(409) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireReach(caller, request.body.workspaceId);
      if (connect === undefined) throw new ProblemError(noAddress);
      const { link, secret } = await deps.makeLink(request.body, { requestedBy: caller.name });
      const { id, status, expiresAt, workspaceId } = link;
      log.info({ requestId: request.id, connectLinkId: id, workspaceId }, "connect link made");
      const url = connectUrl(connect.publicUrl, id, secret);
      return reply.code(201).send({ id, url, expiresAt, status });
    },
  );
  routes.get(
    "/v1/connect-links",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "listConnectLinks",
        tags: ["connect"],
        summary: "List connect links",
        description:
          "Newest first. A page filtered by status reads 2,000 at most, so it may be empty and still have a `nextCursor`.",
        querystring: z.strictObject({
          status: listSchema(
            z.array(z.enum(connectLinkStatuses, `must be one of ${connectLinkStatuses.join(", ")}`)),
            "Only links of these statuses, with commas between.",
          ),
          workspaceId: z
            .guid("must be a workspace's UUID")
            .toLowerCase()
            .meta({ description: "Only links of this workspace." })
            .optional(),
          limit: limitSchema,
          cursor: positionCursorSchema,
        }),
        response: { 200: answer(pageSchema, "A page of links.") },
      },
    },
    (request) => {
      const { workspaceId, ...others } = request.query;
      return links.list({ ...others, within: withinOf(callerOf(request), workspaceId) });
    },
  );
  routes.get(
    "/v1/connect-links/:id",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "getConnectLink",
        tags: ["connect"],
        summary: "Get a connect link",
        description: "Its status follows from the clock and, once its signup is finished, from its install.",
        params: idParams("connect link"),
        response: { 200: answer(connectLinkSchema, "The link."), ...problems(404) },
      },
    },
    (request) => reachLink(links, callerOf(request), request.params.id),
  );
  routes.delete(
    "/v1/connect-links/:id",
    {
      config: { scope: "write", reach: "workspaces" },
      schema: {
        operationId: "revokeConnectLink",
        tags: ["connect"],
        summary: "Revoke a connect link",
        description:
          "It stops working at once and stays listed. A link whose install exists, and an expired one, are refused with 409.",
        params: idParams("connect link"),
        response: { 200: answer(connectLinkSchema, "The link."), ...problems(404, 409) },
      },
    },
    async (request) => {
      const { id } = await reachLink(links, callerOf(request), request.params.id);
      const link = await links.revoke(id);
      log.info({ requestId: request.id, connectLinkId: id }, "connect link revoked");
      return link;
    },
  );
};

const noAddress = {
  status: 409,
  code: "wrong_state",
  detail: "Links have no address: set CONNECT_PUBLIC_URL for the API, and run perch connect there.",
} as const;

/** @throws {ConnectLinkNotFoundError} also for one of a workspace that the caller does not reach. */
const reachLink = async (links: Pick<Links, "find">, caller: Caller, id: string) => {
  const link = await links.find(id);
  if (link !== undefined && reaches(caller, link.workspaceId)) return link;
  throw new ConnectLinkNotFoundError(id);
};

/** The workspaces to list links of; none for one that the caller does not reach. */
const withinOf = (caller: Caller, workspaceId: string | undefined): readonly string[] | undefined => {
  if (workspaceId === undefined) return caller.workspaces;
  return reaches(caller, workspaceId) ? [workspaceId] : [];
};
