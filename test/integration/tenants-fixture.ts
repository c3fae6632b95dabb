import { type ApiKey, hashApiKey, type Scope } from "../../src/api/auth/api-keys.ts";
import type { Install } from "../../src/install/install.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createNotifications, type Notifications } from "../../src/queue/outbox/notifications.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import { workspaceId } from "../support/request.ts";
import { localConnect } from "../support/role-settings.ts";
import { quickSettings, type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { testDigests } from "../support/test-digests.ts";
import { csvOf, numberedRequest } from "../support/upload.ts";

export const workspaceA = workspaceId;
export const workspaceB = "b0000000-7d1a-4f0e-9c55-3a1f0f6f4d1b";
export const workspaceC = "c0000000-7d1a-4f0e-9c55-3a1f0f6f4d1c";

const keyOf = (name: string, scope: Scope, workspaces?: readonly string[]): ApiKey => ({
  name,
  hash: hashApiKey(`${name}-key`),
  scopes: [scope],
  workspaces,
});

export const keys = [
  keyOf("operator", "admin"),
  keyOf("tenant-a", "admin", [workspaceA]),
  keyOf("reader-a", "read", [workspaceA]),
  keyOf("tenant-b", "admin", [workspaceB]),
  keyOf("tenant-ac", "admin", [workspaceA, workspaceC]),
];

/** A request of one of 10,000 numbers in a workspace. */
export const requestIn = (workspace: string, n: number) => ({
  ...numberedRequest(n),
  workspaceId: workspace,
});

/** An API with keys for tenants, and one client a key. */
export interface Tenants {
  readonly stack: Stack;
  readonly url: string;
  readonly operator: ApiClient;
  readonly a: ApiClient;
  readonly b: ApiClient;
  readonly ac: ApiClient;
  readonly readerA: ApiClient;
  readonly notifications: Notifications;
  /** Sends a file. @returns what was answered. */
  upload(
    client: ApiClient,
    rows: readonly Parameters<typeof csvOf>[0][number][],
    query?: string,
  ): ReturnType<ApiClient>;
  /** An event that matches no install. */
  arrive(connectorId: string, workspace: string | undefined): Promise<unknown>;
  /** Announces that an install has completed. @returns the notification's id. */
  announce(install: Install, url: string): Promise<string>;
}

export const withTenants = (options: StackOptions, run: (tenants: Tenants) => Promise<void>): Promise<void> =>
  withStack(options, async (stack) => {
    const { client, keys: redisKeys } = stack;
    const { url } = await stack.startAnApi({ keys, connect: localConnect });
    const queues = createInstallsQueues({ client, keys: redisKeys });
    const { retentionMs } = quickSettings;
    const matching = createMatching({ client, queues, keys: redisKeys, retentionMs });
    const notifications = createNotifications({
      client,
      keys: redisKeys,
      digests: testDigests,
      now: Date.now,
      retentionMs,
    });
    const clientOf = (name: string): ApiClient => createApiClient(url, `${name}-key`);
    await run({
      stack,
      url,
      operator: clientOf("operator"),
      a: clientOf("tenant-a"),
      b: clientOf("tenant-b"),
      ac: clientOf("tenant-ac"),
      readerA: clientOf("reader-a"),
      notifications,
      upload: (call, rows, query = "") =>
        call(`/v1/batches${query}`, { text: csvOf(rows), headers: { "content-type": "text/csv" } }),
      arrive: (connectorId, workspace) =>
        matching.arrive({
          connectorId,
          channelId: `channel-of-${connectorId}`,
          status: "active",
          isUsable: true,
          workspaceId: workspace,
          identifier: "+14155550123",
        }),
      announce: async (install, to) => {
        await notifications.announce({
          type: "install.completed",
          subjectId: install.id,
          url: to,
          isExtra: to !== install.callbackUrl,
          data: install,
        });
        const { items } = await notifications.list({ limit: 200 });
        return items.find((item) => item.subjectId === install.id && item.url === to)?.id ?? "";
      },
    });
    await notifications.close();
    await queues.close();
  });
