import { workspaceSigningKey } from "../../../src/bird/signature.ts";
import { createProducer, type Producer } from "../../../src/producer/producer.ts";
import { createKeys, type Keys } from "../../../src/queue/keyspace/keys.ts";
import { generateSealingKey } from "../../../src/queue/secrets/seal.ts";
import type { RedisClient } from "../../../src/redis/client.ts";
import { connectRedis } from "../../../src/redis/connection.ts";
import type { FaultRule } from "../../../src/sandbox/faults/rule.ts";
import { type Sandbox, startSandbox } from "../../../src/sandbox/sandbox.ts";
import { testPrefix, testRedisUrl } from "../../support/redis.ts";
import { type CrashChild, startCrashChild } from "./crash-child.ts";
import { signingSecret } from "./crash-settings.ts";
import type { CrashRole } from "./crash-task.ts";
import { type StartedRole, startRole } from "./start-role.ts";

export interface CrashSceneSettings {
  readonly faults: readonly FaultRule[];
  readonly channelDelayMs: number;
  readonly firstPollMs: number;
  readonly deadlineMs: number;
  /** When Bird's lists are looked into; default: soon. */
  readonly lookDelaysMs?: number[] | undefined;
  /** Somebody is to hear of outcomes. */
  readonly isTold?: boolean | undefined;
  /** Whether the webhook, which the sandbox needs to know, starts in a process of its own that is killed at `crashAt`. */
  readonly watchesWebhook: boolean;
  /** The point at which the watched process is killed. */
  readonly crashAt: string | undefined;
}

/** A life's Redis namespace, its Bird, and its roles, which start as the life wants them. */
export interface CrashScene {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly sandbox: Sandbox;
  readonly producer: Producer;
  readonly webhook: StartedRole | CrashChild;
  /** Starts a role in this process; on the port that it had before, if it had one. */
  here(role: CrashRole): Promise<StartedRole>;
  /** Starts the watched role, in a process of its own. */
  apart(role: CrashRole): Promise<CrashChild>;
}

/** Opens a scene with its webhook running. What it starts is closed with the stack. */
export const openCrashScene = async (
  stack: AsyncDisposableStack,
  settings: CrashSceneSettings,
): Promise<CrashScene> => {
  const redisUrl = testRedisUrl();
  const keys = createKeys(testPrefix());
  const sealingKeys = generateSealingKey();
  const client = await connectRedis(redisUrl, { whenAway: "wait", name: "crash-test" });
  stack.defer(async () => {
    await client.quit();
  });
  const ports = new Map<CrashRole, number>();
  const bird = { birdApiUrl: "", birdAccessKey: "" };
  const taskOf = (role: CrashRole) => ({
    ...bird,
    role,
    redisUrl,
    prefix: keys.prefix,
    sealingKeys,
    firstPollMs: settings.firstPollMs,
    deadlineMs: settings.deadlineMs,
    lookDelaysMs: settings.lookDelaysMs,
    // Nobody delivers here: it is enough that the notification waits on its queue.
    ...(settings.isTold === true && { notifyUrl: "https://hooks.example.com" }),
    port: ports.get(role) ?? 0,
  });
  const keepPort = (role: CrashRole, { url }: { readonly url: string }): void => {
    if (url !== "") ports.set(role, Number(new URL(url).port));
  };
  const here: CrashScene["here"] = async (role) => {
    const { url, close } = await startRole(taskOf(role));
    let closing: Promise<void> | undefined;
    const started = { url, close: () => (closing ??= close()) };
    stack.defer(started.close);
    keepPort(role, started);
    return started;
  };
  const apart: CrashScene["apart"] = async (role) => {
    const child = await startCrashChild({ ...taskOf(role), crashAt: settings.crashAt });
    stack.defer(() => child.kill());
    keepPort(role, child);
    return child;
  };

  const webhook = await (settings.watchesWebhook ? apart : here)("webhook");
  const sandbox = await startSandbox({
    channelDelayMs: settings.channelDelayMs,
    faults: settings.faults,
    // An event is sent again until a killed webhook is back.
    eventRepeatMs: [20, 50, 100, 200, 500, ...Array.from({ length: 20 }, () => 1000)],
    subscribeAll: {
      url: `${webhook.url}/webhooks/bird/{workspaceId}`,
      signingKey: (workspaceId) => workspaceSigningKey(signingSecret, workspaceId),
    },
  });
  stack.defer(() => sandbox.close());
  bird.birdApiUrl = sandbox.url;
  bird.birdAccessKey = sandbox.accessKey;
  const producer = await createProducer({ redisUrl, sealingKeys, prefix: keys.prefix });
  stack.defer(() => producer.close());
  return { client, keys, sandbox, producer, webhook, here, apart };
};
