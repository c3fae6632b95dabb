import assert from "node:assert/strict";
import { type ApiClient, createApiClient } from "./api-client.ts";

/** A browser that has signed in. */
export interface Browser {
  /** `name=value`, as the browser sends it back. */
  readonly cookie: string;
  /** The whole `Set-Cookie`. */
  readonly setCookie: string;
  /** Sends what the console's own page sends. */
  readonly call: ApiClient;
}

/** What a page of the API's own address sends with every request. */
export const ownPage = (url: string) => ({
  origin: new URL(url).origin,
  "sec-fetch-site": "same-origin",
  "perch-console": "1",
});

/** Calls an API with a cookie, from a page of its own address. */
export const withCookie = (url: string, cookie: string): ApiClient => {
  const call = createApiClient(url);
  return (path, request = {}) =>
    call(path, { ...request, headers: { ...ownPage(url), cookie, ...request.headers } });
};

export const signIn = async (
  url: string,
  apiKey: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Browser> => {
  const answer = await createApiClient(url)("/v1/session", {
    json: { apiKey },
    headers: { ...ownPage(url), ...headers },
  });
  assert.equal(answer.status, 200, answer.text);
  const [setCookie = ""] = answer.headers.getSetCookie();
  const [cookie = ""] = setCookie.split(";");
  return { cookie, setCookie, call: withCookie(url, cookie) };
};

/** Of tests without sign-outs. */
export const noneEnded = { isEnded: () => Promise.resolve(false) };
