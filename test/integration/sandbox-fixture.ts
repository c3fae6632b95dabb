import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { Agent, request } from "undici";
import { z } from "zod";
import { isSignatureValid } from "../../src/bird/signature.ts";
import type { SandboxOptions } from "../../src/sandbox/options.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";

export const workspaceId = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";
export const otherWorkspaceId = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
export const signingKey = "a-signing-key-of-the-tests";
export const accessToken = "EAAG-EXAMPLE-LONG-LIVED-TOKEN";
export const birdUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A create body; `number` picks a phone id and the phone number that goes with it. */
export const createBody = (number = 0, change: Record<string, unknown> = {}) => ({
  connectorTemplateRef: "whatsapp:1",
  name: `acme ${phoneNumberOf(number)}`,
  arguments: { wabaId: "102290129340398", phoneId: phoneIdOf(number), phoneNumber: phoneNumberOf(number) },
  securityArguments: { oauth: { accessToken } },
  ...change,
});

export const phoneIdOf = (number: number): string => String(106_540_352_242_900 + number);
export const phoneNumberOf = (number: number): string => `+1415555${String(number).padStart(4, "0")}`;

const itemSchema = z.looseObject({
  id: z.string().default(""),
  name: z.string().optional(),
  status: z.unknown().optional(),
  channel: z.looseObject({ channelId: z.string().optional() }).optional(),
});

const bodySchema = itemSchema.extend({
  code: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  results: z.array(itemSchema).default([]),
  nextPageToken: z.string().optional(),
});

export interface TestAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as JSON, as it came. */
  readonly json: unknown;
  /** The same for reading members. */
  readonly body: z.infer<typeof bodySchema>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly rawBody?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestSandbox extends Sandbox {
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<TestAnswer>;
  readonly create: (
    number?: number,
    options?: CallOptions & { readonly workspaceId?: string },
  ) => Promise<TestAnswer>;
}

/** A sandbox that ends with the test. Without rate limits and without a channel delay unless asked for. */
export const openSandbox = async (t: TestContext, options: SandboxOptions = {}): Promise<TestSandbox> => {
  const sandbox = await startSandbox({ postsPerSecond: 0, getsPerSecond: 0, channelDelayMs: 0, ...options });
  const dispatcher = new Agent({ connections: 64 });
  t.after(async () => {
    await dispatcher.destroy();
    await sandbox.close();
  });

  const call = async (method: string, path: string, given: CallOptions = {}): Promise<TestAnswer> => {
    const payload = given.rawBody ?? (given.body === undefined ? undefined : JSON.stringify(given.body));
    const answer = await request(sandbox.url + path, {
      method,
      dispatcher,
      headers: {
        authorization: `AccessKey ${sandbox.accessKey}`,
        ...(payload !== undefined && { "content-type": "application/json" }),
        ...given.headers,
      },
      ...(payload !== undefined && { body: payload }),
    });
    const text = await answer.body.text();
    const json: unknown = text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : undefined;
    const body = bodySchema.parse(Array.isArray(json) ? {} : (json ?? {}));
    return { status: answer.statusCode, text, headers: answer.headers, json, body };
  };

  const create: TestSandbox["create"] = (number = 0, given = {}) =>
    call("POST", `/workspaces/${given.workspaceId ?? workspaceId}/connectors`, {
      body: createBody(number),
      ...given,
    });

  return { ...sandbox, call, create };
};

const eventSchema = z.object({
  service: z.literal("channels"),
  event: z.string(),
  payload: z.looseObject({
    id: z.string(),
    connectorId: z.string().optional(),
    identifier: z.string().optional(),
    status: z.string(),
  }),
});

export interface ReceivedEvent extends z.infer<typeof eventSchema> {
  /** Path and query of the request. */
  readonly path: string;
  readonly requestId: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  /** By {@link signingKey}, over the url the event came to. */
  readonly isSigned: boolean;
  readonly atMs: number;
}

export interface Receiver {
  readonly url: string;
  readonly events: readonly ReceivedEvent[];
  /** Waits until `count` events have come in all. */
  readonly received: (count: number) => Promise<readonly ReceivedEvent[]>;
}

/** Answers an event; the first argument counts from 0. */
export type Reply = (index: number, response: ServerResponse) => void;

/** A receiver of events that ends with the test and acknowledges them by default. */
export const openReceiver = async (t: TestContext, reply: Reply = acknowledge): Promise<Receiver> => {
  const arrivals = new EventEmitter();
  const events: ReceivedEvent[] = [];
  const server = createServer(async (incoming, response) => {
    const event = await readEvent(incoming, origin());
    events.push(event);
    reply(events.length - 1, response);
    arrivals.emit("event");
  });
  const origin = (): string => `http://127.0.0.1:${portOf(server.address())}`;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `${origin()}/webhooks/bird`,
    events,
    received: async (count) => {
      while (events.length < count) await once(arrivals, "event");
      return events;
    },
  };
};

export const acknowledge: Reply = (_index, response) => {
  response.writeHead(204).end();
};

const readEvent = async (incoming: IncomingMessage, origin: string): Promise<ReceivedEvent> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const path = incoming.url ?? "";
  const timestamp = headerOf(incoming, "messagebird-request-timestamp");
  const signature = headerOf(incoming, "messagebird-signature");
  const parts = { timestamp: timestamp ?? "", signature: signature ?? "", url: origin + path, body };
  return {
    ...eventSchema.parse(JSON.parse(body.toString())),
    path,
    requestId: headerOf(incoming, "messagebird-request-id"),
    timestamp,
    signature,
    isSigned: isSignatureValid(parts, [signingKey]),
    atMs: performance.now(),
  };
};

const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
};

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0;

/** Options that send every workspace's `channel.created` to a receiver. */
export const subscribed = ({ url }: Receiver): Pick<SandboxOptions, "subscribeAll"> => ({
  subscribeAll: { url, signingKey: () => signingKey },
});
