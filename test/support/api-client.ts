import type { z } from "zod";

/** What the API answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body. */
  as<T extends z.ZodType>(schema: T): z.output<T>;
  /** The body's members, as they came; none unless it is JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ApiRequest {
  readonly method?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type ApiClient = (path: string, request?: ApiRequest) => Promise<ApiAnswer>;

const isJson = /^application\/(problem\+)?json/;

/** Calls an API as any other service would. */
export const createApiClient =
  (url: string, key?: string): ApiClient =>
  async (path, { method, json, text, headers, signal } = {}) => {
    const payload = json === undefined ? text : JSON.stringify(json);
    const response = await fetch(url + path, {
      method: method ?? (payload === undefined ? "GET" : "POST"),
      headers: {
        ...(json !== undefined && { "content-type": "application/json" }),
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...headers,
      },
      ...(payload !== undefined && { body: payload }),
      ...(signal !== undefined && { signal }),
    });
    const answered = await (isEndless(response) ? firstEvents(response) : response.text());
    return {
      status: response.status,
      headers: response.headers,
      text: answered,
      as: (schema) => schema.parse(JSON.parse(answered)),
      body:
        answered !== "" && isJson.test(response.headers.get("content-type") ?? "")
          ? JSON.parse(answered)
          : {},
    };
  };

/** Streams of events about what never ends. */
export const isEndless = ({ url, status }: Response): boolean =>
  status === 200 && new URL(url).pathname === "/v1/stats/events";

/** The beginning of a stream up to its first event; then the client leaves. */
export const firstEvents = async ({ body }: Response): Promise<string> => {
  let text = "";
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk).toString();
    if (/\ndata: .*\n\n/.test(text)) break;
  }
  return text;
};
