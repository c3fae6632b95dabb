import { subscribe } from "node:diagnostics_channel";
import { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { StepCounter, TellMoment } from "./step-counter.ts";

/**
 * Tells of every HTTP exchange of this process. A call out: before a byte is written, when its bytes are out,
 * and when it is answered or lost. A call in: before it is handled, and when its answer is out.
 */
export const watchHttp = (steps: StepCounter): void => {
  const served = new WeakMap<object, TellMoment>();

  subscribe("http.client.request.created", (message) => {
    const request = member(message, "request");
    if (!(request instanceof ClientRequest)) return;
    const tell = steps.begin(`${request.method} ${pathOf(request.path)}`);
    tell("before");
    let isOver = false;
    const over = (): void => {
      if (!isOver) tell("after");
      isOver = true;
    };
    request.once("finish", () => tell("sent"));
    request.prependOnceListener("response", over);
    request.prependOnceListener("error", over);
  });
  subscribe("http.server.request.start", (message) => {
    const [request, response] = [member(message, "request"), member(message, "response")];
    if (!(request instanceof IncomingMessage) || !(response instanceof ServerResponse)) return;
    const tell = steps.begin(`received ${request.method} ${pathOf(request.url ?? "")}`);
    served.set(response, tell);
    tell("before");
  });
  subscribe("http.server.response.finish", (message) => {
    const response = member(message, "response");
    if (response instanceof ServerResponse) served.get(response)?.("after");
  });
};

const member = (message: unknown, name: string): unknown =>
  typeof message === "object" && message !== null ? Reflect.get(message, name) : undefined;

/** A path without ids and query. */
const pathOf = (url: string): string => {
  const [path = ""] = url.split("?");
  return path
    .split("/")
    .map((part) => (/^[0-9a-f]{8}-|^[0-9A-HJKMNP-TV-Z]{26}$/.test(part) ? ":id" : part))
    .join("/");
};
