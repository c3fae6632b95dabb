import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ProblemError } from "../http/problem.ts";
import { type ApiKey, mayDo, type Scope } from "./api-keys.ts";
import { findApiKey } from "./find-api-key.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a key needs for the route; `open` routes, none of them under /v1, need no key. */
    scope?: Scope | "open";
  }
  interface FastifyRequest {
    /** Name of the key the request came with; undefined on open routes, `local` when no keys are set. */
    keyName: string | undefined;
  }
}

/** Where the pages of the documentation are, which belong to a plugin and are open. */
export const docsPrefix = "/docs";

/** Stands for whoever is on this machine when no keys are set. */
const localName = "local";

/** Makes every route ask for a key with its scope, and refuses to start with a route that names no scope. */
export const guardAccess = (
  server: FastifyInstance,
  { keys }: { readonly keys: readonly ApiKey[] },
): void => {
  server.decorateRequest("keyName", undefined);
  server.addHook("onRoute", ({ method, url, config }) => {
    const scope = config?.scope;
    const isNamed = url.startsWith("/v1/") ? scope !== "open" && scope !== undefined : scope !== undefined;
    if (!isNamed && !url.startsWith(docsPrefix))
      throw new TypeError(`${String(method)} ${url} names no scope.`);
  });
  server.addHook("onRequest", async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined || scope === "open") return;
    request.keyName = keys.length === 0 ? localName : admit(request, reply, { keys, scope });
  });
};

/** The name of the key, if it may do what the route does. @throws {ProblemError} 401 or 403. */
const admit = (
  request: FastifyRequest,
  reply: FastifyReply,
  { keys, scope }: { readonly keys: readonly ApiKey[]; readonly scope: Scope },
): string => {
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
  if (mayDo(key.scopes, scope)) return key.name;
  reply.header("www-authenticate", `Bearer realm="perch", error="insufficient_scope", scope="${scope}"`);
  throw new ProblemError({
    status: 403,
    code: "forbidden",
    detail: `This needs a key with the scope ${scope}; ${key.name} has ${key.scopes.join(" and ")}.`,
  });
};
