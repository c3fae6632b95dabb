import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ProblemError } from "../../http/problem.ts";
import { type ApiKey, findApiKey, mayDo, type Scope } from "./api-keys.ts";
import { type Caller, requireFleet } from "./reach.ts";
import { clearSessionCookie, requireSameSite, sessionCookieOf } from "./session-cookie.ts";
import type { Sessions } from "./sessions.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * What a key needs for the route: `any` takes a key of every scope. `open` routes, none of them under /v1, need no
     * key; nor does `signIn`, whose body has it.
     */
    scope?: Scope | "any" | "open" | "signIn";
    /**
     * What a key that is for certain workspaces may do with the route: `workspaces`, where the route itself keeps to
     * those of its caller (see `reach.ts`); `fleet`, nothing, because the route is about all of them together; `self`,
     * everything, because the route is about the caller and reads nothing of the queue.
     */
    reach?: "workspaces" | "fleet" | "self";
  }
  interface FastifyRequest {
    /** Name of the request's key; undefined on open routes, `local` when no keys are set. */
    keyName: string | undefined;
    /** The caller, and the workspaces its key is for; undefined on open routes. */
    caller: Caller | undefined;
    /** How the caller is known; undefined on open routes, and at a sign-in when keys are set. */
    admission: Admission | undefined;
  }
}

/** Path of the documentation pages, which a plugin serves and which are open. */
export const docsPrefix = "/docs";

/** How a caller is known, and what it may do. */
export interface Admission {
  readonly by: "none" | "apiKey" | "session";
  readonly key: Pick<ApiKey, "name" | "scopes" | "workspaces">;
  /** The session's random id, and when it ends. */
  readonly id?: string;
  readonly endsMs?: number;
}

/** The caller when no keys are set: anything on this machine. */
const local: Admission = { by: "none", key: { name: "local", scopes: ["admin"] } };

interface AccessDeps {
  readonly keys: readonly ApiKey[];
  readonly sessions: Pick<Sessions, "find">;
}

/**
 * Makes every route require a key with its scope, sent with the request or as a session of it, and refuses to start with
 * a route that names no scope or reach.
 */
export const guardAccess = (server: FastifyInstance, deps: AccessDeps): void => {
  server.decorateRequest("keyName", undefined);
  server.decorateRequest("caller", undefined);
  server.decorateRequest("admission", undefined);
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
    const isOpen = scope === undefined || scope === "open" || (scope === "signIn" && deps.keys.length > 0);
    if (isOpen) return;
    const admission = deps.keys.length === 0 ? local : await admit(request, reply, deps);
    const { name, workspaces } = admission.key;
    if (scope !== "any" && scope !== "signIn") requireScope(reply, admission.key, scope);
    if (reach === "fleet") requireFleet({ name, workspaces });
    request.admission = admission;
    request.caller = { name, workspaces };
    request.keyName = name;
  });
};

/** The request's key, from its header or its session. @throws {ProblemError} 401, or 403 for another site's page. */
const admit = async (
  request: FastifyRequest,
  reply: FastifyReply,
  { keys, sessions }: AccessDeps,
): Promise<Admission> => {
  const { authorization } = request.headers;
  const cookie = authorization === undefined ? sessionCookieOf(request) : undefined;
  if (cookie !== undefined) {
    requireSameSite(request);
    const session = await sessions.find(cookie);
    if (session !== undefined) return { by: "session", ...session };
    clearSessionCookie(reply);
    return challenge(reply, { detail: "The session has ended: sign in again with an API key." });
  }
  const presented = /^Bearer +([^\s]+) *$/i.exec(authorization ?? "")?.[1];
  const key = presented === undefined ? undefined : findApiKey(keys, presented);
  if (key !== undefined) return { by: "apiKey", key };
  return presented === undefined
    ? challenge(reply, { detail: "Send an API key: Authorization: Bearer KEY. perch keys api makes one." })
    : challenge(reply, {
        error: ', error="invalid_token"',
        detail: "The API key is not among API_KEYS: check it, or make one with perch keys api.",
      });
};

/**
 * Refuses a caller that is not known.
 *
 * @param refusal.error RFC 6750 section 3.1: none when no credentials were sent.
 */
export const challenge = (
  reply: FastifyReply,
  { error = "", detail }: { readonly error?: string; readonly detail: string },
): never => {
  reply.header("www-authenticate", `Bearer realm="perch"${error}`);
  throw new ProblemError({ status: 401, code: "unauthenticated", detail });
};

/** @throws {ProblemError} 403. */
const requireScope = (reply: FastifyReply, key: Admission["key"], scope: Scope): void => {
  if (mayDo(key.scopes, scope)) return;
  reply.header("www-authenticate", `Bearer realm="perch", error="insufficient_scope", scope="${scope}"`);
  throw new ProblemError({
    status: 403,
    code: "forbidden",
    detail: `This needs a key with the scope ${scope}; ${key.name} has ${key.scopes.join(" and ")}.`,
  });
};
