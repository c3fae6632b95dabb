import http from "node:http";
import https from "node:https";

/** Agents for both protocols, in the form got takes them. */
export interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/**
 * Makes agents that go through the proxy of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` when `NODE_USE_ENV_PROXY` is set:
 * Node itself does so for its global agents only. Not for notifications, whose address check must see the receiver.
 *
 * @see https://nodejs.org/api/http.html#built-in-proxy-support
 */
export const createAgents = (
  options: Pick<http.AgentOptions, "keepAlive" | "maxSockets">,
  env: NodeJS.ProcessEnv = process.env,
): Agents => {
  const proxied = env.NODE_USE_ENV_PROXY === "1" ? { ...options, proxyEnv: env } : options;
  return { http: new http.Agent(proxied), https: new https.Agent(proxied) };
};
