import type { FastifyInstance } from "fastify";
import { isLoopback } from "./is-loopback.ts";
import { ProblemError } from "./problem.ts";

const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * Keeps web pages out of an API that asks for no key, because a browser on this machine reaches it too: a name
 * that was made to point here (DNS rebinding) is not a loopback name, and a page of another site names itself.
 *
 * @see https://fetch.spec.whatwg.org/#origin-header
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export const guardLocal = (server: FastifyInstance): void => {
  server.addHook("onRequest", async ({ method, headers }) => {
    const host = headers.host ?? "";
    if (!URL.canParse(`http://${host}`) || !isLoopback(new URL(`http://${host}`).hostname))
      throw new ProblemError({
        status: 403,
        code: "host_not_allowed",
        detail: "Without API_KEYS the API answers on loopback names only: call it by 127.0.0.1 or localhost.",
      });
    const site = headers["sec-fetch-site"];
    const isForeign =
      (headers.origin !== undefined && headers.origin !== `http://${host}`) ||
      (site !== undefined && site !== "same-origin" && site !== "none");
    if (isForeign && !readingMethods.has(method))
      throw new ProblemError({
        status: 403,
        code: "cross_site",
        detail: "Without API_KEYS the API takes no requests from pages of other sites.",
      });
  });
};
