import type { FastifyInstance } from "fastify";
import type { SendPage } from "../../http/built-page.ts";
import { sendProblem } from "../../http/problem.ts";
import { docsPrefix } from "../auth/access.ts";

/**
 * Answers requests that no route takes: 405 with `Allow` when the address is known and the method is not, else 404. Call
 * before routes are added.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6
 */
export const answerUnknownRoutes = (server: FastifyInstance): void => {
  const methodsOf = new Map<string, Set<string>>();
  server.addHook("onRoute", ({ method, url }) => {
    const methods = methodsOf.get(url) ?? new Set<string>();
    for (const each of [method].flat()) methods.add(each);
    methodsOf.set(url, methods);
  });
  const allowedAt = (path: string): readonly string[] => {
    const segments = path.split("/");
    const fitting = [...methodsOf].filter(([url]) => {
      const pattern = url.split("/");
      return (
        pattern.length === segments.length &&
        pattern.every((part, index) =>
          part.startsWith(":") ? segments[index] !== "" : part === segments[index],
        )
      );
    });
    return [...new Set(fitting.flatMap(([, methods]) => [...methods]))].sort();
  };
  server.setNotFoundHandler((request, reply) => {
    const allowed = allowedAt(request.url.split("?", 1)[0] ?? "");
    if (allowed.length === 0 || allowed.includes(request.method))
      return sendProblem(reply, {
        status: 404,
        code: "not_found",
        detail: "There is no such route: see /docs.",
      });
    reply.header("allow", allowed.join(", "));
    return sendProblem(reply, {
      status: 405,
      code: "method_not_allowed",
      detail: `This address takes ${allowed.join(", ")}: see /docs.`,
    });
  });
};

/**
 * `GET /`: the console to a browser, or the documentation where the console is not built; names the addresses to
 * anything else.
 */
export const addRoot = (
  server: FastifyInstance,
  { version, sendConsole }: { readonly version: string; readonly sendConsole: SendPage | undefined },
): void => {
  server.get("/", { config: { scope: "open" }, schema: { hide: true } }, (request, reply) => {
    reply.header("vary", "accept");
    if (request.headers.accept?.includes("text/html") === true)
      return sendConsole?.(reply) ?? reply.redirect(docsPrefix, 302);
    return reply.send({
      name: "perch",
      version,
      docs: docsPrefix,
      openapi: "/openapi.json",
      health: "/healthz",
    });
  });
};
