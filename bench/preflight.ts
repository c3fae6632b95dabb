/**
 * A file with a planted mistake of every kind the preflight knows, checked whole as `perch import --dry-run --check-meta`
 * does, then installed with META_PREFLIGHT=require: mistakes found and planted, creates spent on them, time, requests at
 * Meta. Each row is a customer of its own, with a token and an account.
 *
 *   npm run bench:preflight [rows] [requests a second at Meta]
 */
import { setTimeout as pause } from "node:timers/promises";
import { readConfig } from "../src/config/config.ts";
import { installRequestSchema } from "../src/install/request.ts";
import { createLog } from "../src/log.ts";
import { createCheckNumber } from "../src/meta/check-number.ts";
import { createGraph } from "../src/meta/graph.ts";
import { createCheckRow } from "../src/producer/import/check-rows.ts";
import type { DryRun } from "../src/producer/import/dry-run.ts";
import { createProducer } from "../src/producer/producer.ts";
import { createMetaBudget } from "../src/queue/gate/meta-budget.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../src/queue/secrets/seal.ts";
import { birdAccess, workerSettings } from "../src/roles/settings.ts";
import { startWebhookRole } from "../src/roles/webhook.ts";
import { startWorkerRole } from "../src/roles/worker.ts";
import type { MetaObjectsInput } from "../src/sandbox/meta/objects.ts";
import { type Sandbox, startSandbox } from "../src/sandbox/sandbox.ts";
import { print, sum, withRedis } from "./processes.ts";

const count = Number(process.argv[2] ?? 1000);
const perSecond = Number(process.argv[3] ?? 20);

const rowOf = (n: number) => ({
  workspaceId: `0b6f2f0c-7d1a-4f0e-9c55-${String(n % 10).padStart(12, "0")}`,
  name: `Acme ${n}`,
  wabaId: String(102_290_000_000_000 + n),
  phoneId: String(106_540_000_000_000 + n),
  phoneNumber: `+1415${2_000_000 + n}`,
  accessToken: `EAAGBENCH${n}`,
});

type Row = ReturnType<typeof rowOf>;
type Change = (row: Row) => {
  readonly token?: object;
  readonly phone?: object | null;
  readonly account?: object;
};

/** One mistake a kind, as Meta shows it. */
const mistakes: readonly (readonly [code: string, change: Change])[] = [
  ["meta_token_invalid", () => ({ token: { isValid: false } })],
  ["meta_token_expired", () => ({ token: { expiresAtMs: 1000 } })],
  ["meta_token_expires_soon", () => ({ token: { expiresAtMs: Date.now() + 86_400_000 } })],
  ["meta_token_of_another_app", () => ({ token: { appId: "1" } })],
  ["meta_token_lacks_permission", () => ({ token: { scopes: ["whatsapp_business_messaging"] } })],
  ["meta_waba_not_found", () => ({ account: { exists: false }, phone: null })],
  ["meta_phone_not_found", () => ({ phone: { exists: false } })],
  ["meta_phone_of_another_waba", () => ({ phone: { wabaId: "7" } })],
  ["meta_number_differs", () => ({ phone: { displayPhoneNumber: "+49 1511 2345678" } })],
  ["meta_phone_not_verified", () => ({ phone: { codeVerificationStatus: "NOT_VERIFIED" } })],
  ["meta_phone_connected_elsewhere", () => ({ phone: { platformType: "ON_PREMISE" } })],
];

/** Every tenth row has a mistake, one kind after the other. */
const mistakeOf = (n: number) => (n % 10 === 0 ? mistakes[(n / 10) % mistakes.length] : undefined);

const objectsOf = (rows: readonly Row[]): MetaObjectsInput => {
  const changed = rows.map((row, n) => ({ row, ...mistakeOf(n)?.[1](row) }));
  return {
    tokens: changed.map(({ row, token }) => ({ token: row.accessToken, ...token })),
    accounts: changed.map(({ row, account }) => ({ wabaId: row.wabaId, ...account })),
    phones: changed.flatMap(({ row, phone }) =>
      phone === null
        ? []
        : [
            {
              phoneId: row.phoneId,
              wabaId: row.wabaId,
              displayPhoneNumber: row.phoneNumber.replace("+1415", "+1 415 "),
              ...phone,
            },
          ],
    ),
  };
};

const hasError = (n: number): boolean => {
  const [code] = mistakeOf(n) ?? [];
  return code !== undefined && code !== "meta_token_expires_soon";
};

/** Counts the planted mistakes that were named, and the rows that were judged otherwise than planted. */
const compare = async (rows: DryRun["rows"]) => {
  const counts = { found: 0, wrong: 0 };
  for await (const row of rows) {
    const issues = "errors" in row ? row.errors : (row.warnings ?? []);
    const [code] = mistakeOf(row.row) ?? [];
    const isNamed = issues.length === 1 && issues.every(({ message }) => message.includes(`(${code})`));
    if (code !== undefined && isNamed) counts.found += 1;
    if (code === undefined ? issues.length > 0 : !isNamed) counts.wrong += 1;
  }
  return counts;
};

const callsOf = (sandbox: Sandbox): number => {
  const { debugToken = {}, listPhoneNumbers = {}, getPhoneNumber = {} } = sandbox.report().requests;
  return sum([debugToken, listPhoneNumbers, getPhoneNumber].flatMap((each) => Object.values(each)));
};

await withRedis(async ({ url: redisUrl }, client) => {
  await using opened = new AsyncDisposableStack();
  const keys = createKeys("{bench-preflight}");
  const log = createLog({ level: "silent", role: "bench" });
  const sealingKeys = generateSealingKey();
  const signingKey = "signing-key-of-the-bench";
  const config = readConfig({ WEBHOOK_SIGNING_KEYS: signingKey, WEBHOOK_PORT: "0" });
  const role = { redisUrl, keys, log, opened };
  const webhook = await startWebhookRole({
    ...role,
    settings: {
      ...{
        host: "127.0.0.1",
        port: 0,
        publicUrl: undefined,
        signingKeys: [signingKey],
        signingSecret: undefined,
      },
      ...{ maxAgeMs: 86_400_000, readyStatuses: ["active"], retentionMs: 86_400_000 },
    },
  });
  const sandbox = await startSandbox({
    channelDelayMs: 0,
    subscribeAll: { url: `${webhook.url}/webhooks/bird/{workspaceId}`, signingKey: () => signingKey },
  });
  opened.defer(sandbox.close);
  const producer = await createProducer({ redisUrl, sealingKeys, prefix: keys.prefix });
  opened.defer(producer.close);
  const rows = Array.from({ length: count }, (_, n) => rowOf(n));
  sandbox.setMetaObjects(objectsOf(rows));
  const planted = rows.flatMap((_, n) => mistakeOf(n)?.[0] ?? []);
  const graph = createGraph({ graphUrl: sandbox.meta.graphUrl, app: sandbox.meta, requestTimeoutMs: 5000 });
  opened.defer(async () => graph.close());
  const budget = createMetaBudget({ client, keys, perSecond });
  const check = createCheckNumber({ graph, appId: sandbox.meta.appId, budget, pause, now: Date.now });

  const checkStartMs = performance.now();
  const inputs = rows.map((input, n) => ({ row: n, line: n + 2, input }));
  const dryRun = producer.forecastRows(inputs, { checkRow: createCheckRow({ check }) });
  const { found, wrong } = await compare(dryRun.rows);
  const checkS = (performance.now() - checkStartMs) / 1000;
  const calls = callsOf(sandbox);
  const creates = () => sum(Object.values(sandbox.report().creates));
  print(`rows ${count}, customers ${count}, budget ${perSecond} requests a second`);
  print(`file check: found ${found} of ${planted.length} planted, wrong about ${wrong} rows`);
  print(`file check: ${checkS.toFixed(1)} s, ${calls} requests at Meta, ${creates()} creates`);

  await startWorkerRole({
    ...role,
    seal: createSeal(readSealingKeys(sealingKeys)),
    settings: {
      ...workerSettings(config, { ...birdAccess(config), url: sandbox.url, accessKey: sandbox.accessKey }),
      metaPreflight: "require",
    },
    meta: { ...sandbox.meta, readsPerSecond: 10_000 },
    graceMs: 1000,
  });
  const installStartMs = performance.now();
  const ids: string[] = [];
  for await (const row of producer.enqueueMany(rows.map((row) => installRequestSchema.parse(row))))
    if ("install" in row) ids.push(row.install.id);
  const ends = await Promise.all(ids.map((id) => producer.waitFor(id, { timeoutMs: 600_000 })));
  const ended = ends.filter(({ error }) => error?.code.startsWith("meta_") === true).length;
  const errorsPlanted = rows.filter((_, n) => hasError(n)).length;
  const { creates: made } = sandbox.report();
  const spent = rows.filter(
    (row, n) => hasError(n) && (made[`${row.workspaceId}/${row.phoneId}`] ?? 0) > 0,
  ).length;
  print(`require: ended ${ended} of ${errorsPlanted} with an error planted, ${spent} creates spent on them`);
  print(
    `require: ${ends.filter(({ status }) => status === "completed").length} completed, ${((performance.now() - installStartMs) / 1000).toFixed(1)} s, ${callsOf(sandbox) - calls} requests at Meta`,
  );
});
