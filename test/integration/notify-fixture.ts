import http from "node:http";
import { createLog, type Logger } from "../../src/log.ts";
import { type NotifierSettings, startNotifier } from "../../src/notify/notifier.ts";
import { createKeys, type Keys } from "../../src/queue/keyspace/keys.ts";
import { createNotifications, type Notifications } from "../../src/queue/outbox/notifications.ts";
import type { Notification } from "../../src/queue/outbox/view.ts";
import { createWriteProbe } from "../../src/queue/redis-state/write-probe.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import { testPrefix, testRedisUrl } from "../support/redis.ts";
import { testDigests } from "../support/test-digests.ts";
import { until } from "../support/until.ts";

export const secret = `whsec_${Buffer.from("a secret of thirty-two characters").toString("base64")}`;

/** Four requests, the next one soon after the one before. */
export const quickScheduleMs = [0, 5, 5, 5];

/** What a receiver was sent. */
export interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly path: string;
}

/** A receiver of notifications on loopback. */
export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
}

export type Answer = (response: http.ServerResponse, request: http.IncomingMessage, nth: number) => void;

/** Answers with the statuses in turn, and with the last one ever after. */
export const answerWith =
  (...statuses: number[]): Answer =>
  (response, _, nth) => {
    response.writeHead(statuses[Math.min(nth, statuses.length - 1)] ?? 500).end("thanks");
  };

/** Starts a receiver that is closed with the stack. */
export const startReceiver = async (answer: Answer, stack: AsyncDisposableStack): Promise<Receiver> => {
  const received: Received[] = [];
  const server = http.createServer(async (request, response) => {
    const nth = received.length;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    received.push({ headers, body: Buffer.concat(chunks).toString(), path: request.url ?? "" });
    answer(response, request, nth);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  stack.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/hook`, port, received };
};

export interface NotifySetup {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly notifications: Notifications;
  readonly log: Logger;
  receiver(answer: Answer): Promise<Receiver>;
  /** Starts a notifier that may call loopback and comes again soon. */
  start(
    settings?: Partial<NotifierSettings>,
    options?: Partial<Parameters<typeof startNotifier>[0]>,
  ): Promise<{ close(options?: { readonly graceMs?: number }): Promise<void> }>;
  /** Announces that an install has completed. @returns the notification's id. */
  announce(url: string, subjectId?: string): Promise<string>;
  /** Waits until a notification is of this status. */
  ends(id: string, status: Notification["status"]): Promise<Notification>;
}

/** Runs a test against a namespace of its own and closes what it opened. */
export const withNotify = async (
  run: (setup: NotifySetup) => Promise<void>,
  options: { readonly redisUrl?: string; readonly now?: () => number } = {},
): Promise<void> => {
  await using stack = new AsyncDisposableStack();
  const log = createLog({ level: process.env.TEST_LOG_LEVEL ?? "silent", role: "test" });
  const keys = createKeys(testPrefix());
  const client = await connectRedis(options.redisUrl ?? testRedisUrl(), { whenAway: "wait", name: "test" });
  stack.defer(async () => {
    await client.quit();
  });
  const notifications = createNotifications({
    client,
    keys,
    digests: testDigests,
    now: options.now ?? Date.now,
    retentionMs: 3_600_000,
  });
  stack.defer(() => notifications.close());
  await run({
    client,
    keys,
    notifications,
    log,
    receiver: (answer) => startReceiver(answer, stack),
    start: async (settings = {}, rest = {}) => {
      const notifier = await startNotifier({
        client,
        keys,
        probe: createWriteProbe({ client, keys }),
        digests: testDigests,
        log,
        settings: { secrets: [secret], allowPrivate: true, timeoutMs: 5000, concurrency: 10, ...settings },
        scheduleMs: quickScheduleMs,
        random: () => 0,
        version: "1.2.3",
        ...rest,
      });
      stack.defer(() => notifier.close({ graceMs: 100 }));
      return notifier;
    },
    announce: async (url, subjectId = "i1") => {
      await notifications.announce({
        type: "install.completed",
        subjectId,
        url,
        happenedAt: "2026-11-23T07:00:00.000Z",
        data: { id: subjectId, status: "completed" },
      });
      return `msg_${subjectId}_completed`;
    },
    ends: (id, status) =>
      until(`${id} is ${status}`, async () => {
        const found = await notifications.find(id);
        return found?.status === status && found;
      }),
  });
};
