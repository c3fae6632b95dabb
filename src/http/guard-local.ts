import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance } from "fastify";
import { isLoopback } from "./is-loopback.ts";
import { ProblemError } from "./problem.ts";

const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * Why a request may come from a web page rather than from a program on this machine: a browser here reaches loopback
 * too. A name that points here by DNS rebinding is not a loopback name, and a page of another site sends its `Origin`.
 *
 * @see https://fetch.spec.whatwg.org/#origin-header
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export const foreignness = ({
  method,
  headers,
}: {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}): "host_not_allowed" | "cross_site" | undefined => {
  const host = headers.host ?? "";
  if (!URL.canParse(`http://${host}`) || !isLoopback(new URL(`http://${host}`).hostname))
    return "host_not_allowed";
  const site = headers["sec-fetch-site"];
  const isForeign =
    (headers.origin !== undefined && headers.origin !== `http://${host}`) ||
    (site !== undefined && site !== "same-origin" && site !== "none");
  return isForeign && !readingMethods.has(method) ? "cross_site" : undefined;
};

/** What is answered to such a request. */
export const foreignDetails = {
  host_not_allowed:
    "Without API_KEYS the API answers on loopback names only: call it by 127.0.0.1 or localhost.",
  cross_site: "Without API_KEYS the API takes no requests from pages of other sites.",
} as const;

/** Refuses requests of web pages to an API without keys. */
export const guardLocal = (server: FastifyInstance): void => {
  server.addHook("onRequest", async (request) => {
    const code = foreignness(request);
    if (code !== undefined) throw new ProblemError({ status: 403, code, detail: foreignDetails[code] });
  });
};
