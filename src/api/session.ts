import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { isLoopback } from "../http/is-loopback.ts";
import { isoTime } from "../install/values/shown-text.ts";
import type { Logger } from "../log.ts";
import type { EndedSessions } from "../queue/maintenance/ended-sessions.ts";
import { type Admission, challenge } from "./auth/access.ts";
import { type ApiKey, allowedScopes, findApiKey, scopes } from "./auth/api-keys.ts";
import { clearSessionCookie, requireNoOtherSite, setSessionCookie } from "./auth/session-cookie.ts";
import type { Sessions } from "./auth/sessions.ts";
import { createSignInLimit } from "./auth/sign-in-limit.ts";
import { answer, problems } from "./server/answers.ts";

const sessionSchema = z
  .object({
    name: z.string().meta({ description: "Name of the API key; `local` when no keys are set." }),
    scopes: z.array(z.enum(scopes)).meta({ description: "Scopes of the key." }),
    allows: z.array(z.enum(scopes)).meta({ description: "These scopes with those that they include." }),
    workspaces: z
      .array(z.string())
      .optional()
      .meta({ description: "The only workspaces it reaches; absent: all." }),
    signedInBy: z
      .enum(["none", "apiKey", "session"])
      .meta({ description: "none: no keys are set, and no sign-in is needed." }),
    endsAt: z.string().optional().meta({ description: "When the session ends. ISO 8601, UTC." }),
    version: z.string().meta({ description: "Version of Perch." }),
    isSandbox: z.boolean().meta({ description: "Whether Bird is simulated on this machine." }),
    sandboxUrl: z.string().optional().meta({
      description:
        "Where that sandbox shows what it made, for browsers of this machine; absent where the API was not called by a loopback name or listens for other machines, and for a key of some workspaces.",
    }),
    redis: z.string().optional().meta({
      description: "Address of Redis, without user and password; absent for a key of some workspaces.",
    }),
  })
  .meta({ id: "Session", description: "The caller, and the Perch it talks to." });

const signedOutSchema = z.object({ signedOut: z.literal(true) }).meta({ id: "SignedOut" });

const apiKeyLengthMax = 512;

const bodySchema = z.strictObject({
  apiKey: z
    .string("must be the API key as text")
    .trim()
    .min(1, "must not be empty")
    .max(apiKeyLengthMax, `must have at most ${apiKeyLengthMax} characters`)
    .meta({ description: "One of API_KEYS; it is not stored." }),
});

/** Largest body of a sign-in, bytes. */
const bodyBytesMax = 4096;

export interface SessionDeps {
  readonly keys: readonly ApiKey[];
  readonly version: string;
  /** Address of the sandbox, where Bird is simulated; it answers its own machine only. */
  readonly sandboxUrl: string | undefined;
  /** Where the API listens. */
  readonly host: string;
  /** Address of Redis without user and password. */
  readonly redis: string;
  readonly endedSessions: EndedSessions;
  readonly log: Logger;
}

/** `/v1/session`. Works without Redis, which knows only what sessions were signed out. */
export const addSession = (
  server: FastifyInstance,
  {
    keys,
    sessions,
    endedSessions,
    version,
    sandboxUrl,
    host,
    redis,
    log,
  }: SessionDeps & { readonly sessions: Sessions },
): void => {
  const limit = createSignInLimit();
  // An API that listens for other machines may be in a container, whose loopback no browser reaches.
  const seesSandbox = ({ hostname }: FastifyRequest): boolean => isLoopback(host) && isLoopback(hostname);
  const view = (request: FastifyRequest, { by, key, endsMs }: Admission) => ({
    name: key.name,
    scopes: [...key.scopes],
    allows: [...allowedScopes(key.scopes)],
    workspaces: key.workspaces && [...key.workspaces],
    signedInBy: by,
    endsAt: endsMs === undefined ? undefined : isoTime(endsMs),
    version,
    isSandbox: sandboxUrl !== undefined,
    sandboxUrl: key.workspaces === undefined && seesSandbox(request) ? sandboxUrl : undefined,
    redis: key.workspaces === undefined ? redis : undefined,
  });
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.post(
    "/v1/session",
    {
      bodyLimit: bodyBytesMax,
      config: { scope: "signIn", reach: "self" },
      schema: {
        operationId: "signIn",
        tags: ["session"],
        summary: "Sign in with an API key",
        description:
          "For browsers: sets a cookie that has the rights of the key for 12 hours. Programs send the key with every request instead. After ten wrong keys of an address within a minute further wrong ones are 429. Without API_KEYS the answer sets no cookie, because none is needed.",
        body: bodySchema,
        bodyExamples: {
          key: { summary: "An API key", value: { apiKey: "perch_the-key-that-was-printed-once" } },
        },
        response: {
          200: answer(sessionSchema, "The session; its cookie is set.", setCookie),
          ...problems(401),
        },
      },
      onRequest: async (request) => requireNoOtherSite(request),
    },
    async (request, reply) => {
      const admission = request.admission;
      if (admission !== undefined) return view(request, admission);
      const key = findApiKey(keys, request.body.apiKey);
      if (key === undefined) {
        limit.wrong(request.ip);
        return challenge(reply, {
          detail: "The API key is not among API_KEYS: check it, or ask for another.",
        });
      }
      limit.right();
      request.keyName = key.name;
      const { cookie, endsMs } = await sessions.begin(key);
      setSessionCookie(reply, cookie);
      return view(request, { by: "session", key, endsMs });
    },
  );
  routes.get(
    "/v1/session",
    {
      config: { scope: "any", reach: "self" },
      schema: {
        operationId: "getSession",
        tags: ["session"],
        summary: "Who is signed in",
        description: "The caller, what it may do, and which Perch it talks to. Works while Redis is away.",
        response: { 200: answer(sessionSchema, "The caller.") },
      },
    },
    (request) => view(request, admissionOf(request)),
  );
  routes.delete(
    "/v1/session",
    {
      config: { scope: "any", reach: "self" },
      schema: {
        operationId: "signOut",
        tags: ["session"],
        summary: "Sign out",
        description:
          "Ends the session, in other API processes within five seconds, and deletes its cookie in the browser.",
        response: { 200: answer(signedOutSchema, "The session has ended.") },
      },
    },
    async (request, reply) => {
      clearSessionCookie(reply);
      const { id, endsMs } = admissionOf(request);
      if (id !== undefined && endsMs !== undefined)
        await endedSessions.end(id, endsMs).catch((err: unknown) => {
          log.warn({ requestId: request.id, err }, "a session was signed out in this process alone");
        });
      return { signedOut: true as const };
    },
  );
};

const setCookie = {
  "Set-Cookie": {
    type: "string",
    description: "The session: HttpOnly, SameSite=Strict, and Secure unless it is called by a loopback name.",
    examples: [
      "__Host-perch_session=eyJhbGciOiJkaXIi…; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Strict",
    ],
  },
} as const;

const admissionOf = ({ admission }: { readonly admission: Admission | undefined }): Admission => {
  if (admission === undefined) throw new TypeError("An open route has no caller.");
  return admission;
};
