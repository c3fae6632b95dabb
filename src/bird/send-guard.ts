import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";

type RequestFunction = (
  url: URL,
  options: https.RequestOptions,
  callback?: (response: http.IncomingMessage) => void,
) => http.ClientRequest;

/**
 * Calls `maySend` at the last moment: the connection is established, TLS included, and nothing has been written yet. When
 * it returns false, the request is destroyed.
 *
 * Node writes a request's head after the `socket` event, and on a socket that still connects after its
 * `connect` (`secureConnect`) event, so listeners put first there run before any byte leaves.
 */
export const createSendGuard = (
  maySend: () => boolean,
): { readonly request: RequestFunction; readonly hasRefused: () => boolean } => {
  let isRefused = false;
  const request: RequestFunction = (url, options, callback) => {
    const isSecure = url.protocol === "https:";
    const sent = (isSecure ? https : http).request(url, options, callback);
    const check = (): void => {
      if (isRefused || maySend()) return;
      isRefused = true;
      sent.destroy(new Error("withheld"));
    };
    sent.prependOnceListener("socket", (socket: Socket) => {
      if (socket.connecting) socket.prependOnceListener(isSecure ? "secureConnect" : "connect", check);
      else check();
    });
    return sent;
  };
  return { request, hasRefused: () => isRefused };
};
