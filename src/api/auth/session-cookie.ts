import type { IncomingHttpHeaders } from "node:http";
import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isLoopback } from "../../http/is-loopback.ts";
import { ProblemError } from "../../http/problem.ts";
import { sessionMs } from "./sessions.ts";

/** Name of the session's cookie. Browsers take the prefix from this very host over https only, never from a subdomain. */
export const cookieName = "__Host-perch_session";
/** Its name where the API is called by a loopback name, so without https. */
export const loopbackCookieName = "perch_session";

/** Header of every request that changes something in a session: no form and no link of another page can send it. */
export const consoleHeader = "perch-console";

const isLocal = ({ host = "" }: IncomingHttpHeaders): boolean =>
  isLoopback(URL.parse(`http://${host}`)?.hostname ?? "");

const nameFor = (headers: IncomingHttpHeaders): string =>
  isLocal(headers) ? loopbackCookieName : cookieName;

const optionsFor = (headers: IncomingHttpHeaders) =>
  ({
    httpOnly: true,
    sameSite: "strict",
    secure: !isLocal(headers),
    path: "/",
  }) as const satisfies CookieSerializeOptions;

/** What a request has as its session's cookie; undefined without one. Of two cookies of that name neither counts. */
export const sessionCookieOf = ({ cookies, headers }: FastifyRequest): string | undefined => {
  const name = nameFor(headers);
  const text = cookies[name];
  const count = headers.cookie?.split(";").filter((each) => each.trim().startsWith(`${name}=`)).length;
  return text !== undefined && count !== 1 ? "" : text;
};

/** Gives the browser a session. */
export const setSessionCookie = (reply: FastifyReply, cookie: string): void => {
  const { headers } = reply.request;
  reply.setCookie(nameFor(headers), cookie, { ...optionsFor(headers), maxAge: sessionMs / 1000 });
};

/** Has the browser drop its session. */
export const clearSessionCookie = (reply: FastifyReply): void => {
  const { headers } = reply.request;
  reply.clearCookie(nameFor(headers), optionsFor(headers));
};

const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Whether a page's origin is the address that its request came to: over https, or on this machine. */
const isOwnOrigin = (headers: IncomingHttpHeaders, origin: string): boolean => {
  const schemes = isLocal(headers) ? ["http", "https"] : ["https"];
  return schemes.some((scheme) => URL.parse(`${scheme}://${headers.host}`)?.origin === origin);
};

const refuse = (detail: string): never => {
  throw new ProblemError({ status: 403, code: "cross_site", detail });
};

type SameSiteRequest = Pick<FastifyRequest, "method" | "headers">;

/**
 * Refuses a request in a session that a page of another site may have caused. `SameSite` alone leaves subdomains and
 * other ports of the host out.
 *
 * @throws {ProblemError} 403.
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export const requireSameSite = ({ method, headers }: SameSiteRequest): void => {
  requireNoOtherSite({ method, headers });
  if (readingMethods.has(method)) return;
  if (headers.origin === undefined || headers[consoleHeader] !== "1")
    refuse(
      "A session changes something only with the header Perch-Console: 1 and the Origin of its own page; programs send an API key instead.",
    );
};

/** Refuses a request that says it comes from a page of another site. @throws {ProblemError} 403. */
export const requireNoOtherSite = ({ method, headers }: SameSiteRequest): void => {
  const { origin, "sec-fetch-site": site = "same-origin" } = headers;
  // An address typed by hand, or opened from a bookmark.
  const isTyped = site === "none" && readingMethods.has(method);
  if (site !== "same-origin" && !isTyped) refuse("Sessions take no requests from pages of other sites.");
  if (origin !== undefined && !isOwnOrigin(headers, origin))
    refuse(
      "The request's Origin is not the address it came to: use https, or 127.0.0.1; a proxy has to pass Host on as it is.",
    );
};
