import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { doctorProbe } from "../../src/bird/channel-event.ts";
import { doctorCommand } from "../../src/cli/doctor/doctor.ts";
import { inspectConfig } from "../../src/config/config.ts";
import { webhookUrlCheck } from "../../src/doctor/checks/webhook.ts";
import { withDoctorContext } from "../../src/doctor/with-context.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { registerShardCount } from "../../src/queue/keyspace/shard-number.ts";
import { recordUser } from "../../src/queue/keyspace/shard-users.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import { testShards } from "../support/redis.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, type StackOptions, signingSecret } from "../support/stack.ts";
import { createTestIo } from "../unit/cli/test-io.ts";
import {
  closedPort,
  type DoctorReport,
  type Env,
  healthyEnv,
  runDoctor,
  subscribe,
  withDoctorStack,
  withHttpServer,
  withTcpServer,
} from "./doctor-fixture.ts";
import { withPrivateRedis } from "./private-redis.ts";
import { installData } from "./queue-fixture.ts";

const otherWorkspaceId = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";

interface Expected {
  readonly id: string;
  readonly status: "warn" | "fail" | "skipped";
  /** Matches the summary. */
  readonly says: RegExp;
  /** Matches the fix: the setting or the command to use. A skipped check has none. */
  readonly fix?: RegExp;
}

interface Fault extends Expected {
  readonly name: string;
  readonly stack?: StackOptions;
  /** Makes the fault; what it returns are settings to change. */
  readonly plant?: (stack: Stack) => Promise<Env | undefined> | Env | undefined;
  /** How far this machine's clock is ahead. */
  readonly aheadMs?: number;
  /** Makes no subscription beforehand. */
  readonly isUnsubscribed?: boolean;
}

const assertFound = (report: DoctorReport, { id, status, says, fix }: Expected): void => {
  const found = report.checks.find((check) => check.id === id);
  assert.ok(found, `${id} is not among ${report.checks.map((check) => check.id).join(", ")}`);
  assert.equal(found.status, status, found.summary);
  assert.match(found.summary, says);
  if (fix === undefined) assert.equal(found.fix, undefined);
  else assert.match(found.fix ?? "", fix);
  assert.equal(report.code, report.checks.some((check) => check.status === "fail") ? 1 : 0);
  assert.equal(report.ok, report.code === 0);
};

const atWorkspace = (id: string): string => `${id}:${workspaceId}`;
const enqueue = async ({ producer }: Stack): Promise<undefined> => {
  await producer.enqueue(installRequest(1));
};

/**
 * A single server gains nothing by more shards than one, and the doctor says so. A round trip to Redis may well be slow on
 * a machine that runs tests.
 */
const isNotOk = ({ id, status }: { readonly id: string; readonly status: string }): boolean =>
  id !== "redis_latency" && status !== (id === "shards" && testShards() > 1 ? "warn" : "ok");

test("nothing is wrong with a stack that is set up right, with and without an install", () =>
  withDoctorStack({}, async (stack) => {
    await subscribe(stack);
    const env = healthyEnv(stack);
    for (const workspace of [[workspaceId], []]) {
      const report = await runDoctor(env, { keys: stack.keys, workspace });
      const notOk = report.checks.filter(isNotOk);
      const skipped = workspace.length === 0 ? ["bird_view", "bird_create", "bird_subscription"] : [];
      assert.deepEqual(
        notOk.map(({ id, status }) => [id, status]),
        skipped.map((id) => [id, "skipped"]),
      );
      assert.equal(report.code, 0);
    }
    const { install } = await stack.producer.enqueue(installRequest(1));
    await stack.producer.waitFor(install.id, { timeoutMs: 10_000 });
    const report = await runDoctor(env, { keys: stack.keys, workspace: [] });
    assert.deepEqual(report.checks.filter(isNotOk), []);
    assert.ok(report.checks.some(({ id }) => id === atWorkspace("bird_create")));
    assert.equal(stack.sandbox.report().connectors.length, 1, "it created nothing");
  }));

test("a subscription to the shared path is right with plain keys alone, and with both kinds", () =>
  withDoctorStack({}, async (stack) => {
    await subscribe(stack, { url: `${stack.webhook.url}/webhooks/bird` });
    for (const WEBHOOK_SIGNING_SECRET of [undefined, signingSecret]) {
      const env = { ...healthyEnv(stack), WEBHOOK_SIGNING_SECRET, WEBHOOK_SIGNING_KEYS: "test-signing-key" };
      const { checks } = await runDoctor(env, { keys: stack.keys });
      assert.deepEqual(checks.filter(isNotOk), []);
    }
  }));

const faults: readonly Fault[] = [
  {
    name: "a setting is malformed",
    plant: () => ({ WORKER_CONCURRENCY: "secret-many" }),
    id: "settings:WORKER_CONCURRENCY",
    status: "fail",
    says: /must be a whole number/,
    fix: /WORKER_CONCURRENCY/,
  },
  {
    name: "a second setting is malformed, and what builds on it is skipped",
    plant: () => ({ WEBHOOK_PUBLIC_URL: "ftp://secret" }),
    id: "webhook_reachable",
    status: "skipped",
    says: /WEBHOOK_PUBLIC_URL is wrong/,
  },
  {
    name: "no server listens at REDIS_URL",
    plant: async () => ({ REDIS_URL: `redis://:secret@127.0.0.1:${await closedPort()}` }),
    id: "redis",
    status: "fail",
    says: /ECONNREFUSED/,
    fix: /REDIS_URL/,
  },
  {
    name: "this machine's clock is a little ahead of Redis's",
    aheadMs: 5000,
    id: "redis_clock",
    status: "warn",
    says: /5\.\d s ahead/,
    fix: /NTP/,
  },
  {
    name: "this machine's clock is far behind Redis's",
    aheadMs: -300_000,
    id: "redis_clock",
    status: "fail",
    says: /behind/,
    fix: /NTP/,
  },
  {
    name: "there is no sealing key",
    plant: () => ({ SEALING_KEYS: undefined }),
    id: "sealing_keys",
    status: "fail",
    says: /SEALING_KEYS is not set/,
    fix: /perch keys seal/,
  },
  {
    name: "a key was dropped while installs sealed with it wait",
    stack: { startsPaused: true },
    plant: async (stack) => {
      await enqueue(stack);
      return { SEALING_KEYS: `new:${Buffer.alloc(32, 1).toString("base64url")}` };
    },
    id: "sealed_installs",
    status: "fail",
    says: /sealed with k\d{8}-\w+, which is not among the keys/,
    fix: /k\d{8}-\w+ back into SEALING_KEYS/,
  },
  {
    name: "a key was replaced under its name",
    stack: { startsPaused: true },
    plant: async (stack) => {
      await enqueue(stack);
      const [kid] = stack.sealingKeyText.split(":");
      return { SEALING_KEYS: `${kid}:${Buffer.alloc(32, 1).toString("base64url")}` };
    },
    id: "sealed_installs",
    status: "fail",
    says: /another one of the same name/,
    fix: /perch retry --access-token-file/,
  },
  {
    name: "a sealed token was moved from one install to another",
    stack: { startsPaused: true },
    plant: async (stack) => {
      const { client, keys } = stack;
      const [one, other] = await Promise.all([1, 2].map((n) => stack.producer.enqueue(installRequest(n))));
      const jobs = [one, other].map((each) =>
        keys.ofInstall(each?.install.id ?? "").job(each?.install.id ?? ""),
      );
      const [its, others] = await Promise.all(
        jobs.map(async (job) => (await client.hget(job, "data")) ?? ""),
      );
      const sealedIn = (data: string | undefined): string =>
        /"sealed":"([^"]+)"/.exec(data ?? "")?.[1] ?? "none";
      await client.hset(jobs[0] ?? "", "data", (its ?? "").replace(sealedIn(its), sealedIn(others)));
      const { install: spoilt } = await stack.producer.enqueue(installRequest(3));
      await client.hset(keys.ofInstall(spoilt.id).job(spoilt.id), "data", "spoilt");
      return {};
    },
    id: "sealed_installs",
    status: "fail",
    says: /1 of 2 sealed tokens .* not sealed for the install that holds them/,
    fix: /who can write to Redis, and retry/,
  },
  {
    name: "installs wait and no worker runs",
    stack: { startsPaused: true },
    plant: enqueue,
    id: "workers",
    status: "fail",
    says: /No worker runs, and 1 install not ended/,
    fix: /perch worker/,
  },
  {
    name: "no worker runs, and nothing waits",
    stack: { startsPaused: true },
    id: "workers",
    status: "warn",
    says: /No worker runs/,
    fix: /perch worker/,
  },
  {
    name: "a parked install is due and no worker runs it",
    stack: { startsPaused: true },
    plant: async ({ client, keys }) => {
      const queues = createInstallsQueues({ client, keys });
      await queues.of("").add("install", installData(), { jobId: "01JGFJJZ00000000000000000A", delay: 1 });
      await queues.close();
      return undefined;
    },
    aheadMs: 120_000,
    id: "waiting",
    status: "fail",
    says: /1 install due/,
    fix: /perch worker/,
  },
  {
    name: "an install waits for hours",
    stack: { startsPaused: true },
    plant: enqueue,
    aheadMs: 3 * 3_600_000,
    id: "waiting",
    status: "warn",
    says: /made 3 h ago/,
    fix: /WORKER_CONCURRENCY/,
  },
  {
    name: "another process runs with another SHARDS",
    stack: { shards: 1 },
    plant: async ({ client, keys }) => {
      const { shardUsers } = keys;
      for (const [role, processId] of [
        ["api", 1],
        ["worker", 2],
        ["worker", 3],
      ]) {
        const user = JSON.stringify({ role, host: "elsewhere", processId, shards: 2 });
        await recordUser(client, { shardUsers, user, keptMs: 60_000 });
      }
      return undefined;
    },
    id: "shards",
    status: "warn",
    says: /SHARDS is 1 here and another elsewhere: 2 for api on elsewhere, 2 for worker on elsewhere \(2 processes\)\.$/,
    fix: /Start every process with the same SHARDS/,
  },
  {
    name: "installs lie in more shards than SHARDS says",
    stack: { shards: 1 },
    plant: async ({ client, keys }) => {
      await registerShardCount({ client, keys: createKeys(keys.prefix, 3) });
      return undefined;
    },
    id: "shards",
    status: "fail",
    says: /in 3 shards, and SHARDS is 1/,
    fix: /Set SHARDS=3/,
  },
  {
    name: "a workspace is held because its key is refused",
    plant: async ({ client, keys }) => {
      await createHolds({ client, keys, baseMs: 60_000, capMs: 60_000 }).holdUnauthorized(workspaceId);
      return undefined;
    },
    id: atWorkspace("holds"),
    status: "fail",
    says: /refused the access key/,
    fix: new RegExp(`perch workspaces resume ${workspaceId}`),
  },
  {
    name: "a workspace is held because Bird asked to slow down",
    plant: async ({ client, keys }) => {
      await createHolds({ client, keys, baseMs: 60_000, capMs: 60_000 }).holdFor(workspaceId, 60_000);
      return undefined;
    },
    id: atWorkspace("holds"),
    status: "warn",
    says: /slow down/,
    fix: /BIRD_POSTS_PER_SECOND/,
  },
  {
    name: "an event matched no install",
    plant: async ({ client, keys }) => {
      await client.zadd(keys.unmatched, Date.now() - 120_000, "a-connector");
      return undefined;
    },
    id: "unmatched",
    status: "warn",
    says: /1 event of Bird without an install/,
    fix: /\/v1\/events\/unmatched/,
  },
  {
    name: "a batch was paused by a person",
    plant: async ({ producer }) => {
      const { batchId, rows } = await producer.importRows([{ row: 1, input: installRequest(1) }], {
        name: "May",
        canary: 1,
      });
      await producer.batches.decide(batchId, "pause", {});
      await Array.fromAsync(rows);
      return undefined;
    },
    stack: { startsPaused: true },
    id: "batches",
    status: "warn",
    says: /^1 batch paused by a person: \w{26}\.$/,
    fix: /perch batch ID --resume/,
  },
  {
    name: "a batch halted itself",
    plant: async ({ client, keys }) => {
      for (const [id, reason] of [
        ["B1", "5 of 5 failed"],
        ["B2", ""],
      ] as const) {
        await client.sadd(keys.home().openBatches, id);
        await client.hset(
          keys.home().batch(id),
          "pausedAt",
          1,
          ...(reason === "" ? [] : ["pauseReason", reason]),
        );
      }
      return undefined;
    },
    stack: { startsPaused: true },
    id: "batches",
    status: "warn",
    says: /^1 batch halted because too many installs failed: B1\.$/,
    fix: /perch batch ID shows why/,
  },
  {
    name: "a notification was given up today",
    plant: async ({ client, keys }) => {
      const dead = keys.home().endedNotifications("failed");
      await client.zadd(dead, Date.now() - 60_000, "today", Date.now() - 172_800_000, "earlier");
      return undefined;
    },
    id: "dead_letters",
    status: "warn",
    says: /^1 notification given up in the last day/,
    fix: /\/v1\/notifications\?status=failed/,
  },
  {
    name: "Redis holds a backup that was restored an hour ago",
    plant: async ({ client, keys }) => {
      await client.hset(keys.server, "restoredMs", Date.now() - 3_600_000);
      return undefined;
    },
    id: "redis_restored",
    status: "warn",
    says: /older data, as after restoring a backup/,
    fix: /docs\/durability\.md.*perch doctor --trust-redis/,
  },
  {
    name: "no server listens at BIRD_API_URL",
    plant: async () => ({ BIRD_API_URL: `http://127.0.0.1:${await closedPort()}` }),
    id: "bird",
    status: "fail",
    says: /ECONNREFUSED/,
    fix: /BIRD_API_URL/,
  },
  {
    name: "this machine's clock is behind Bird's",
    aheadMs: -45_000,
    id: "bird_clock",
    status: "warn",
    // Bird's Date has whole seconds, and a busy machine answers late.
    says: /4[3-7] s behind/,
    fix: /NTP/,
  },
  {
    name: "the access key is wrong",
    plant: () => ({ BIRD_ACCESS_KEY: "secret-old-key" }),
    id: "bird_key",
    status: "fail",
    says: /401/,
    fix: /BIRD_ACCESS_KEY/,
  },
  ...(
    [
      ["BIRD_ACCESS_KEY", /do not start/],
      ["WEBHOOK_PUBLIC_URL", /no subscription/],
    ] as const
  ).map(
    ([name, says]): Fault => ({
      name: `${name} is missing where REDIS_URL is set`,
      plant: () => ({ [name]: undefined }),
      id: `settings:${name}`,
      status: "fail",
      says,
      fix: new RegExp(`Set ${name}`),
    }),
  ),
  {
    name: "there is no signing key where REDIS_URL is set, whatever else is missing",
    plant: () => ({ WEBHOOK_SIGNING_SECRET: undefined, BIRD_ACCESS_KEY: undefined }),
    id: "webhook_signing",
    status: "fail",
    says: /no signing key/,
    fix: /WEBHOOK_SIGNING_SECRET/,
  },
  {
    name: "there is no access key",
    plant: () => ({ BIRD_ACCESS_KEY: undefined }),
    id: "bird_key",
    status: "skipped",
    says: /BIRD_ACCESS_KEY is not set/,
  },
  ...(["listConnectors", "listChannels"] as const).map(
    (operation): Fault => ({
      name: `the key may not do ${operation}`,
      stack: { sandbox: { faults: [{ operation, fault: { kind: "status", status: 403 } }] } },
      id: atWorkspace("bird_view"),
      status: "fail",
      says: operation === "listChannels" ? /may not view channels/ : /may not view connectors/,
      fix: /BIRD_ACCESS_KEY .*view \/workspaces\/\*\/connectors\/\*/,
    }),
  ),
  {
    name: "the key may not create connectors",
    stack: { sandbox: { faults: [{ times: "always", fault: { kind: "status", status: 403 } }] } },
    id: atWorkspace("bird_create"),
    status: "fail",
    says: /may not create/,
    fix: /create and view \/workspaces\/\*\/connectors/,
  },
  {
    name: "Bird has trouble when asked about creating",
    stack: { sandbox: { faults: [{ times: "always", fault: { kind: "status", status: 503 } }] } },
    id: atWorkspace("bird_create"),
    status: "warn",
    says: /is unknown \(HTTP 503\)/,
    fix: /perch doctor/,
  },
  {
    name: "Bird took the empty create",
    stack: { sandbox: { faults: [{ times: "always", fault: { kind: "empty_200" } }] } },
    id: atWorkspace("bird_create"),
    status: "fail",
    says: /took an empty create/,
    fix: /Delete that connector/,
  },
  {
    name: "Bird does not know the workspace",
    stack: {
      sandbox: { faults: [{ operation: "listConnectors", fault: { kind: "status", status: 404 } }] },
    },
    id: atWorkspace("bird_view"),
    status: "fail",
    says: /does not know the workspace/,
    fix: /UUID/,
  },
  {
    name: "there is no organization",
    plant: () => ({ BIRD_ORGANIZATION_ID: undefined }),
    id: "bird_subscription",
    status: "skipped",
    says: /BIRD_ORGANIZATION_ID is not set/,
  },
  {
    name: "the organization is another one",
    plant: () => ({ BIRD_ORGANIZATION_ID: "5b1f5f1c-0000-4000-8000-000000000000" }),
    id: atWorkspace("bird_subscription"),
    status: "fail",
    says: /not in the organization/,
    fix: /BIRD_ORGANIZATION_ID/,
  },
  {
    name: "the key may not view subscriptions",
    stack: {
      sandbox: { faults: [{ operation: "listSubscriptions", fault: { kind: "status", status: 403 } }] },
    },
    id: atWorkspace("bird_subscription"),
    status: "fail",
    says: /may not view webhook subscriptions/,
    fix: /view and create \/organizations\/[0-9a-f-]{36}\/workspaces\/\*\/webhook-subscriptions/,
  },
  {
    name: "there is no subscription",
    isUnsubscribed: true,
    id: atWorkspace("bird_subscription"),
    status: "fail",
    says: /No subscription sends channel\.created/,
    fix: new RegExp(
      `platformId=whatsapp, url http://127\\.0\\.0\\.1:\\d+/webhooks/bird/${workspaceId}, signed with the key derived from WEBHOOK_SIGNING_SECRET`,
    ),
  },
  ...nearMisses().map(
    ([name, url, says]): Fault => ({
      name: `the subscription has ${name}`,
      isUnsubscribed: true,
      plant: async (stack) => {
        await subscribe(stack, { url: url(stack) });
        return undefined;
      },
      id: atWorkspace("bird_subscription"),
      status: "fail",
      says,
      fix: /WEBHOOK_PUBLIC_URL/,
    }),
  ),
  {
    name: "there are two subscriptions",
    plant: async (stack) => {
      await subscribe(stack);
      return undefined;
    },
    id: atWorkspace("bird_subscription"),
    status: "warn",
    says: /comes 2 times/,
    fix: /delete all but one/,
  },
  ...(
    [
      ["another platform", [{ key: "platformId", value: "sms" }], "fail", /platformId=sms/],
      [
        "a channel's status too",
        [
          { key: "platformId", value: "whatsapp" },
          { key: "channelStatus", value: "active" },
        ],
        "warn",
        /channelStatus=active/,
      ],
      ["nothing", [], "warn", /no filter/],
    ] as const
  ).map(
    ([what, eventFilters, status, says]): Fault => ({
      name: `the subscription filters by ${what}`,
      isUnsubscribed: true,
      plant: async (stack) => {
        await subscribe(stack, { eventFilters });
        return undefined;
      },
      id: atWorkspace("bird_subscription"),
      status,
      says,
      fix: /platformId=whatsapp/,
    }),
  ),
  {
    name: "no server listens at WEBHOOK_PUBLIC_URL",
    plant: async () => ({ WEBHOOK_PUBLIC_URL: `http://127.0.0.1:${await closedPort()}` }),
    id: "webhook_reachable",
    status: "fail",
    says: /ECONNREFUSED/,
    fix: /perch webhook/,
  },
  {
    name: "there is no WEBHOOK_PUBLIC_URL",
    plant: () => ({ WEBHOOK_PUBLIC_URL: undefined }),
    id: "webhook_probe",
    status: "skipped",
    says: /WEBHOOK_PUBLIC_URL is not set/,
  },
  {
    name: "the sandbox answers at WEBHOOK_PUBLIC_URL",
    plant: ({ sandbox }) => ({ WEBHOOK_PUBLIC_URL: sandbox.url }),
    id: "webhook_reachable",
    status: "fail",
    says: /Something else/,
    fix: /WEBHOOK_PORT/,
  },
  {
    name: "there is no signing key",
    plant: () => ({ WEBHOOK_SIGNING_SECRET: undefined }),
    id: "webhook_signing",
    status: "fail",
    says: /no signing key/,
    fix: /WEBHOOK_SIGNING_SECRET/,
  },
  {
    name: "the master secret is too short, and what builds on it is skipped",
    plant: () => ({ WEBHOOK_SIGNING_SECRET: "secret-a", WEBHOOK_SIGNING_KEYS: "test-signing-key" }),
    id: "webhook_probe",
    status: "skipped",
    says: /WEBHOOK_SIGNING_SECRET is wrong/,
  },
  {
    name: "the subscription is still that of the master secret, which is gone",
    isUnsubscribed: true,
    plant: async (stack) => {
      await subscribe(stack, { url: `${stack.webhook.url}/webhooks/bird/${otherWorkspaceId}` });
      return { WEBHOOK_SIGNING_SECRET: undefined, WEBHOOK_SIGNING_KEYS: "test-signing-key" };
    },
    id: atWorkspace("bird_subscription"),
    status: "fail",
    says: new RegExp(`path /webhooks/bird/${otherWorkspaceId} instead of /webhooks/bird\\.`),
    fix: /signed with the first key of WEBHOOK_SIGNING_KEYS/,
  },
  {
    name: "the webhook service has another secret",
    plant: () => ({ WEBHOOK_SIGNING_SECRET: "another-secret-of-some-length" }),
    id: "webhook_probe",
    status: "fail",
    says: /another signing key/,
    fix: /WEBHOOK_SIGNING_SECRET/,
  },
  {
    name: "the webhook service has another secret and the same plain key",
    plant: () => ({
      WEBHOOK_SIGNING_SECRET: "another-secret-of-some-length",
      WEBHOOK_SIGNING_KEYS: "test-signing-key",
    }),
    id: "webhook_probe",
    status: "fail",
    says: /taken under key 1 of WEBHOOK_SIGNING_KEYS: the service has another WEBHOOK_SIGNING_SECRET/,
    fix: /WEBHOOK_SIGNING_SECRET/,
  },
  {
    name: "the webhook service has no key",
    stack: { webhook: { signingKeys: [], signingSecret: undefined } },
    id: "webhook_probe",
    status: "fail",
    says: /no_key/,
    fix: /WEBHOOK_SIGNING_SECRET/,
  },
  {
    name: "the webhook service believes in another address",
    stack: { webhook: { publicUrl: "http://127.0.0.1:3001" } },
    id: "webhook_probe",
    status: "fail",
    says: /taken over http:\/\/127\.0\.0\.1:3001: the key is right, the address differs/,
    fix: /WEBHOOK_PUBLIC_URL/,
  },
  {
    name: "the clocks of this machine and the webhook service differ",
    aheadMs: 600_000,
    id: "webhook_probe",
    status: "fail",
    says: /too_old/,
    fix: /WEBHOOK_MAX_AGE_MS/,
  },
  {
    name: "NOTIFY_URL has no secret",
    plant: () => ({ NOTIFY_URL: "https://127.0.0.1/hook", NOTIFY_SECRET: undefined }),
    id: "settings:NOTIFY_SECRET",
    status: "fail",
    says: /NOTIFY_SECRET is not set, but NOTIFY_URL is/,
    fix: /NOTIFY_SECRET/,
  },
  {
    name: "NOTIFY_URL leads inside",
    plant: () => ({ NOTIFY_URL: "https://localhost/hook" }),
    id: "notify",
    status: "fail",
    says: /private address/,
    fix: /NOTIFY_ALLOW_PRIVATE/,
  },
  {
    name: "the API is open to others without keys",
    plant: () => ({ API_KEYS: undefined, API_HOST: "0.0.0.0" }),
    id: "api_access",
    status: "fail",
    says: /API_KEYS is not set/,
    fix: /perch keys api/,
  },
  ...metaFaults(),
];

/** What is wrong with the app at Meta. Without one nothing is. */
function metaFaults(): readonly Fault[] {
  const id = "meta_app";
  const limited = [{ operation: "debugToken", fault: { kind: "status", status: 429 } }] as const;
  return [
    {
      name: "META_APP_SECRET is not that of the app",
      plant: () => ({ META_APP_SECRET: "another-secret" }),
      ...{ id, status: "fail", says: /does not accept META_APP_ID/, fix: /App settings, Basic/ },
    },
    {
      name: "META_APP_ID is another app's",
      plant: () => ({ META_APP_ID: "1" }),
      ...{ id, status: "fail", says: /does not accept META_APP_ID/, fix: /App settings, Basic/ },
    },
    {
      name: "nothing answers at META_GRAPH_URL",
      plant: async () => ({ META_GRAPH_URL: `http://127.0.0.1:${await closedPort()}/v23.0` }),
      ...{ id, status: "fail", says: /META_GRAPH_URL gives no usable answer/, fix: /META_GRAPH_URL/ },
    },
    {
      name: "Meta limits the app",
      stack: { sandbox: { faults: limited } },
      ...{ id, status: "warn", says: /Meta limits the requests/, fix: /again later/ },
    },
    {
      name: "there is no app at Meta",
      plant: () => ({ META_APP_ID: undefined, META_APP_SECRET: undefined }),
      ...{ id, status: "skipped", says: /META_APP_ID is not set/ },
    },
  ];
}

/** Addresses that are nearly right, and what is said of them. */
function nearMisses(): readonly (readonly [string, (stack: Stack) => string, RegExp])[] {
  const path = `/webhooks/bird/${workspaceId}`;
  return [
    ["a slash at its end", ({ webhook }) => `${webhook.url}${path}/`, /a slash at the end/],
    ["an old host", () => `https://old.example.com${path}`, /host old\.example\.com instead of 127/],
    ["another scheme", () => `https://old.example.com${path}`, /scheme https instead of http/],
    ["the shared path", ({ webhook }) => `${webhook.url}/webhooks/bird`, /path \/webhooks\/bird instead of/],
    ["capitals", ({ webhook }) => `${webhook.url}${path.toUpperCase()}`, /letter case/],
  ];
}

for (const fault of faults) {
  test(`doctor finds that ${fault.name}`, () =>
    withDoctorStack(fault.stack ?? {}, async (stack) => {
      if (fault.isUnsubscribed !== true) await subscribe(stack);
      const change = await fault.plant?.(stack);
      const { aheadMs = 0 } = fault;
      const report = await runDoctor(
        { ...healthyEnv(stack), ...change },
        { keys: stack.keys, now: () => Date.now() + aheadMs },
      );
      assertFound(report, fault);
      const secrets = [signingSecret, stack.sandbox.accessKey, stack.sealingKeyText.split(":")[1] ?? "-"];
      for (const secret of [...secrets, "secret-", "EAAG-"]) assert.ok(!report.text.includes(secret), secret);
    }));
}

const redisFaults: readonly (Expected & {
  readonly name: string;
  readonly config: readonly (readonly [string, string])[];
})[] = [
  {
    name: "Redis evicts",
    config: [["maxmemory-policy", "allkeys-lru"]],
    id: "redis_eviction",
    status: "fail",
    says: /allkeys-lru/,
    fix: /CONFIG SET maxmemory-policy noeviction/,
  },
  {
    name: "Redis keeps no append-only file",
    config: [["appendonly", "no"]],
    id: "redis_persistence",
    status: "fail",
    says: /no append-only file/,
    fix: /CONFIG SET appendfsync always.*CONFIG SET appendonly yes/,
  },
  {
    name: "Redis writes to disk once a second",
    config: [["appendfsync", "everysec"]],
    id: "redis_persistence",
    status: "warn",
    says: /appendfsync everysec/,
    fix: /CONFIG SET appendfsync always/,
  },
  {
    name: "Redis is full",
    config: [["maxmemory", "500kb"]],
    id: "redis_memory",
    status: "fail",
    says: /of 0\.5 MiB .*it is full/,
    fix: /maxmemory/,
  },
  {
    name: "a full Redis refuses writes",
    config: [["maxmemory", "500kb"]],
    id: "redis_writes",
    status: "fail",
    says: /refuses writes \(full\)\. Redis is full/,
    fix: /maxmemory/,
  },
  {
    name: "Redis lacks replicas and refuses writes",
    config: [["min-replicas-to-write", "1"]],
    id: "redis_writes",
    status: "fail",
    says: /\(too_few_replicas\)/,
    fix: /min-replicas-to-write/,
  },
  {
    name: "Redis wants a password",
    config: [["requirepass", "secret"]],
    id: "redis",
    status: "fail",
    says: /NOAUTH/,
    fix: /password in REDIS_URL/,
  },
];

for (const { name, config, ...expected } of redisFaults) {
  test(`doctor finds that ${name}`, () =>
    withPrivateRedis(async ({ url }) => {
      const client = await connectRedis(url, { whenAway: "fail", name: "test-doctor" });
      for (const [key, value] of config) await client.config("SET", key, value);
      assertFound(await runDoctor({ REDIS_URL: url, SEALING_KEYS: generateSealingKey() }), expected);
      client.disconnect();
    }));
}

test("doctor finds that Redis is nearly full", () =>
  withPrivateRedis(async ({ url }) => {
    const client = await connectRedis(url, { whenAway: "fail", name: "test-doctor" });
    const used = Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))?.[1]);
    await client.config("SET", "maxmemory", Math.round(used / 0.87));
    const expected = { id: "redis_memory", status: "warn", says: /of \d\.\d MiB/, fix: /maxmemory/ } as const;
    assertFound(await runDoctor({ REDIS_URL: url, SEALING_KEYS: generateSealingKey() }), expected);
    client.disconnect();
  }));

test("doctor's probe of the webhook service names why its Redis takes no event", () =>
  withPrivateRedis(({ url: redisUrl }) =>
    withDoctorStack({ redisUrl }, async (stack) => {
      await subscribe(stack);
      const client = await connectRedis(redisUrl, { whenAway: "fail", name: "test-doctor" });
      await client.config("SET", "maxmemory", "500kb");
      const report = await runDoctor(healthyEnv(stack), { keys: stack.keys });
      assertFound(report, {
        id: "webhook_probe",
        status: "fail",
        says: /503, unavailable.*Redis is full/,
        fix: /maxmemory/,
      });
      await client.config("SET", "maxmemory", "0");
      client.disconnect();
    }),
  ));

test("doctor finds that Redis takes connections and says nothing, and ends", () =>
  withTcpServer(
    () => undefined,
    async (port) => {
      const report = await runDoctor({ REDIS_URL: `redis://127.0.0.1:${port}` }, { timeoutMs: 400 });
      assertFound(report, {
        id: "redis",
        status: "fail",
        says: /no answer in time/,
        fix: /REDIS_URL/,
      });
      assertFound(report, { id: "workers", status: "skipped", says: /Redis cannot be reached/ });
    },
  ));

test("doctor finds that Redis is slow to answer", () =>
  withPrivateRedis(({ url }) =>
    withTcpServer(
      (socket) => {
        const server = connect(url.slice("unix://".length));
        server.on("error", () => socket.destroy());
        server.pipe(socket);
        // Every command comes 30 ms late, as over a long line.
        socket.on("data", (data) => setTimeout(() => server.write(data), 30));
        socket.on("close", () => server.destroy());
      },
      async (port) => {
        const report = await runDoctor({ REDIS_URL: `redis://127.0.0.1:${port}` });
        assertFound(report, {
          id: "redis_latency",
          status: "warn",
          says: /PING in [3-9]\d/,
          fix: /REDIS_URL/,
        });
      },
    ),
  ));

test("doctor finds that WEBHOOK_PUBLIC_URL redirects, and that a proxy drops the signature", async () => {
  await withHttpServer(
    (_request, response) => response.writeHead(301, { location: "https://elsewhere.example" }).end(),
    async (url) => {
      const report = await runDoctor({ ...unreachableRedis, WEBHOOK_PUBLIC_URL: url });
      assertFound(report, {
        id: "webhook_reachable",
        status: "fail",
        says: /redirects \(HTTP 301\)/,
        fix: /WEBHOOK_PUBLIC_URL/,
      });
    },
  );
  await withDoctorStack({}, (stack) =>
    withHttpServer(
      (request, response) => {
        const { method = "GET" } = request;
        const headers = { "content-type": "application/json" };
        void fetch(stack.webhook.url + request.url, {
          method,
          headers,
          ...(method === "POST" && { body: "{}" }),
        }).then(async (answer) => {
          response.writeHead(answer.status, { "content-type": "application/problem+json" });
          response.end(await answer.text());
        });
      },
      async (url) => {
        const env = { ...healthyEnv(stack), WEBHOOK_PUBLIC_URL: url };
        assertFound(await runDoctor(env, { keys: stack.keys }), {
          id: "webhook_probe",
          status: "fail",
          says: /headers were lost/,
          fix: /messagebird-signature/,
        });
      },
    ),
  );
});

const unreachableRedis = { REDIS_URL: "redis://127.0.0.1:9", SEALING_KEYS: generateSealingKey() };

for (const [url, status] of [
  ["https://perch.example.com", "ok"],
  ["https://perch.example.com:8443", "fail"],
  ["https://192.0.2.7", "fail"],
  ["http://localhost:3001", "fail"],
] as const) {
  test(`Bird's own rule for subscriptions: ${url} is ${status}`, async () => {
    const settings = inspectConfig({ ...unreachableRedis, WEBHOOK_PUBLIC_URL: url });
    const deps = { settings, dataDir: "/nowhere", keys: createKeys(), workspaceIds: [] };
    const redisUrl = () => Promise.reject(new Error("not asked"));
    const verdict = await withDoctorContext({ ...deps, redisUrl }, (context) => webhookUrlCheck.run(context));
    assert.ok("status" in verdict);
    assert.equal(verdict.status, status);
  });
}

test("with the private Redis's defaults the sealing key of .data/ counts, and a spoilt one is found", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "perch-doctor-"));
  try {
    await writeFile(join(dataDir, "sealing-keys"), "nonsense\n", { mode: 0o600 });
    const settings = { REDIS_SERVER_BIN: "/nowhere/redis-server" };
    const report = await runDoctor(settings, { dataDir });
    assertFound(report, {
      id: "sealing_keys",
      status: "fail",
      says: /\.data\/sealing-keys holds no list/,
      fix: /SEALING_KEYS/,
    });
    assertFound(report, { id: "redis", status: "fail", says: /no_server/, fix: /perch start/ });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test("a workspace that is no UUID is wrong usage", async () => {
  const io = createTestIo();
  const settings = inspectConfig(unreachableRedis);
  const deps = { io, settings, dataDir: "/nowhere", keys: createKeys() };
  assert.equal(await doctorCommand(deps, { workspace: [workspaceId, "ws_1"], json: false }), 2);
  assert.match(io.err(), /UUIDs/);
});

test("without --json each check is one line, with its fix, and a tally is on standard error", async () => {
  const io = createTestIo();
  const settings = inspectConfig(unreachableRedis);
  const deps = { io, settings, dataDir: "/nowhere", keys: createKeys() };
  assert.equal(await doctorCommand(deps, { json: false }), 1);
  const lines = io.out().trimEnd().split("\n");
  for (const line of lines) assert.match(line, /^(ok|warn|fail|skipped) +[a-z_]+(:[A-Z_]+)? +[A-Z]/);
  assert.match(io.out(), /^fail +redis .* Fix: /m);
  assert.match(io.err(), /^\d+ ok, \d+ warn, \d+ fail, \d+ skipped\n$/);
});

test("doctor leaves no trace in what is counted and kept, whether its events are taken or refused", () =>
  withDoctorStack({ startsPaused: true }, async (stack) => {
    const trace = async (): Promise<readonly string[]> => {
      const { text } = await stack.metrics.expose();
      return text
        .split("\n")
        .filter((line) =>
          /^perch_(webhook_(answers|refused)_total|webhook_seconds|events|stored_events)/.test(line),
        );
    };
    const before = await trace();
    const env = healthyEnv(stack);
    const wrong = { ...env, WEBHOOK_SIGNING_SECRET: "another-secret-of-some-length" };
    for (const each of [env, wrong]) {
      const { checks } = await runDoctor(each, { keys: stack.keys });
      const probed = checks.find(({ id }) => id === "webhook_probe");
      assert.equal(probed?.status, each === env ? "ok" : "fail");
    }
    assert.deepEqual(await trace(), before);
    assert.equal(await stack.client.exists(stack.keys.unreadable), 0);
  }));

test("a flood of what looks like the doctor's events is counted", () =>
  withDoctorStack({ startsPaused: true }, async ({ webhook, metrics }) => {
    const headers = { "content-type": "application/json" };
    const send = () => fetch(`${webhook.url}/webhooks/bird`, { method: "POST", headers, body: doctorProbe });
    for (let n = 0; n < 130; n += 1) assert.equal((await send()).status, 401);
    assert.match((await metrics.expose()).text, /^perch_webhook_refused_total\{reason="no_signature"\} 10$/m);
  }));

test("--quiet prints problems only, and says which private Redis was looked at", async () => {
  const io = createTestIo();
  const dataDir = await mkdtemp(join(tmpdir(), "perch-doctor-"));
  try {
    const settings = inspectConfig({ REDIS_SERVER_BIN: "/nowhere/redis-server" });
    const code = await doctorCommand(
      { io, settings, dataDir, keys: createKeys() },
      { quiet: true, json: false },
    );
    assert.equal(code, 1);
    assert.match(io.out(), /^fail {4}redis /);
    assert.doesNotMatch(io.out(), /^(ok|skipped)/m);
    assert.equal(
      io.err(),
      `Using the private Redis of this folder (${dataDir}), because REDIS_URL is not set.\n`,
    );
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test("problems come first, and one of five workspaces takes one line", () =>
  withDoctorStack({ startsPaused: true }, async (stack) => {
    const workspace = Array.from({ length: 5 }, () => randomUUID());
    const holds = createHolds({ ...stack, baseMs: 60_000, capMs: 60_000 });
    for (const id of workspace) await holds.holdUnauthorized(id);
    const io = createTestIo();
    const deps = { io, settings: inspectConfig(healthyEnv(stack)), dataDir: "/nowhere", keys: stack.keys };
    assert.equal(await doctorCommand(deps, { workspace, json: false }), 1);
    const lines = io.out().trimEnd().split("\n");
    const folded = lines.filter((line) => line.includes("refused the access key"));
    assert.equal(folded.length, 1);
    assert.match(folded[0] ?? "", /^fail +holds +5 workspaces \(.*and 2 more\).*resume WORKSPACE\.$/);
    const statuses = lines.map((line) => line.split(" ")[0]);
    assert.deepEqual(
      statuses,
      statuses.toSorted((a, b) => order.indexOf(a ?? "") - order.indexOf(b ?? "")),
    );
  }));

const order = ["fail", "warn", "ok", "skipped"];
