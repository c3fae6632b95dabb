import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ProblemError } from "../../http/problem.ts";
import { type ApiKey, findApiKey, mayDo, type Scope } from "./api-keys.ts";
import type { Caller } from "./reach.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a key needs for the route; `open` routes, none of them under /v1, need no key. */
    scope?: Scope | "open";
    /**
     * What a key that is for certain workspaces may do with the route: `workspaces`, where the route itself keeps to
     * those of its caller (see `reach.ts`); `fleet`, nothing, because the route is about all of them together.
     */
    reach?: "workspaces" | "fleet";
  }
  interface FastifyRequest {
    /** Name of the request's key; undefined on open routes, `local` when no keys are set. */
    keyName: string | undefined;
    /** The caller, and the workspaces its key is for; undefined on open routes. */
    caller: Caller | undefined;
  }
}

/** Path of the documentation pages, which a plugin serves and which are open. */
export const docsPrefix = "/docs";

/** The caller when no keys are set: anything on this machine. */
const local: Caller = { name: "local", workspaces: undefined };

/** Makes every route require a key with its scope, and refuses to start with a route that names no scope or reach. */
export const guardAccess = (
  server: FastifyInstance,
  { keys }: { readonly keys: readonly ApiKey[] },
): void => {
  server.decorateRequest("keyName", undefined);
  server.decorateRequest("caller", undefined);
  server.addHook("onRoute", ({ method, url, config }) => {
    const scope = config?.scope;
    const isNamed = url.startsWith("/v1/") ? scope !== "open" && scope !== undefined : scope !== undefined;
    if (!isNamed && !url.startsWith(docsPrefix))
      throw new TypeError(`${String(method)} ${url} names no scope.`);
    if (scope !== undefined && scope !== "open" && config?.reach === undefined)
      throw new TypeError(`${String(method)} ${url} names no reach.`);
  });
  server.addHook("onRequest", async (request, reply) => {
    const { scope, reach } = request.routeOptions.config;
    if (scope === undefined || scope === "open") return;
    const caller = keys.length === 0 ? local : admit(request, reply, { keys, scope });
    if (reach !== "workspaces" && caller.workspaces !== undefined) throw new ProblemError(fleetOnly(caller));
    request.caller = caller;
    request.keyName = caller.name;
  });
};

const fleetOnly = ({ name }: Caller) =>
  ({
    status: 403,
    code: "forbidden",
    detail: `This is about all workspaces together; ${name} is a key for some of them only.`,
  }) as const;

/** The key's caller, if it may do what the route does. @throws {ProblemError} 401 or 403. */
const admit = (
  request: FastifyRequest,
  reply: FastifyReply,
  { keys, scope }: { readonly keys: readonly ApiKey[]; readonly scope: Scope },
): Caller => {
  const presented = /^Bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  const key = presented === undefined ? undefined : findApiKey(keys, presented);
  if (key === undefined) {
    // RFC 6750 section 3.1: no error code when no credentials were sent.
    const error = presented === undefined ? "" : ', error="invalid_token"';
    reply.header("www-authenticate", `Bearer realm="perch"${error}`);
    const detail =
      presented === undefined
        ? "Send an API key: Authorization: Bearer KEY. perch keys api makes one."
        : "The API key is not among API_KEYS: check it, or make one with perch keys api.";
    throw new ProblemError({ status: 401, code: "unauthenticated", detail });
  }
  if (mayDo(key.scopes, scope)) return { name: key.name, workspaces: key.workspaces };
  reply.header("www-authenticate", `Bearer realm="perch", error="insufficient_scope", scope="${scope}"`);
  throw new ProblemError({
    status: 403,
    code: "forbidden",
    detail: `This needs a key with the scope ${scope}; ${key.name} has ${key.scopes.join(" and ")}.`,
  });
};
