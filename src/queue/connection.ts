import { Redis } from "ioredis";
import { defineScripts } from "./scripts.ts";

/**
 * How a connection behaves while Redis is away. `wait`: commands queue up until it is back (workers).
 * `fail`: commands are refused at once, so that an HTTP caller hears 503 instead of hanging (RFC 9110 15.6.4).
 */
export type WhenAway = "wait" | "fail";

const whenAwayOptions = {
  wait: { maxRetriesPerRequest: null },
  fail: { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 5000 },
} as const satisfies Record<WhenAway, object>;

/**
 * Opens a connection and waits until it is ready. Whoever opens it closes it.
 *
 * @param url `redis://`, `rediss://` or `unix:///path/to/redis.sock`.
 * @throws when the first connection can't be made within ten seconds.
 */
export const connectRedis = async (
  url: string,
  options: { readonly whenAway: WhenAway; readonly name: string },
): Promise<Redis> => {
  const common = {
    ...whenAwayOptions[options.whenAway],
    connectionName: `perch-${options.name}`,
    lazyConnect: true,
    connectTimeout: 10_000,
    retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), 2000),
  };
  const client = url.startsWith("unix://")
    ? new Redis({ ...common, path: decodeURIComponent(url.slice("unix://".length)) })
    : new Redis(url, common);
  // Without a listener a lost connection would end the process; commands report the loss to who sent them.
  client.on("error", () => undefined);
  defineScripts(client);
  try {
    await connectOrThrow(client);
  } catch (cause) {
    client.disconnect();
    throw new Error(
      "Redis does not answer: check REDIS_URL and that the server runs, or unset REDIS_URL to use a private one.",
      { cause },
    );
  }
  return client;
};

const connectOrThrow = async (client: Redis): Promise<void> => {
  const lost = Promise.withResolvers<never>();
  const onEnd = (error: Error): void => lost.reject(error);
  client.once("error", onEnd);
  try {
    await Promise.race([client.connect(), lost.promise]);
  } finally {
    client.off("error", onEnd);
  }
};
