import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { checkCommand } from "../../src/cli/check/check.ts";
import { importCommand } from "../../src/cli/import/import.ts";
import { createGraph } from "../../src/meta/graph.ts";
import { createCheckRow } from "../../src/producer/import/check-rows.ts";
import { openCheckNumber } from "../../src/roles/check-number.ts";
import type { MetaObjectsInput } from "../../src/sandbox/meta/objects.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { csvOf, numberedRequest } from "../support/upload.ts";
import { createTestIo } from "../unit/cli/test-io.ts";
import { withFolder } from "../unit/cli/with-folder.ts";
import { openSandbox } from "./sandbox-fixture.ts";

const rows = [0, 1, 2, 3].map((n) => ({ ...numberedRequest(n), accessToken: `EAAGCANARY${n}` }));
const phoneOf = (n: number) => ({
  phoneId: rows[n]?.phoneId ?? "",
  wabaId: rows[n]?.wabaId ?? "",
  displayPhoneNumber: rows[n]?.phoneNumber ?? "",
});

/** The second row has another number at Meta, the third a token that is no good, the fourth one that ends soon. */
const objects = (): MetaObjectsInput => ({
  phones: [phoneOf(0), { ...phoneOf(1), displayPhoneNumber: "+1 415-555-7777" }, phoneOf(2), phoneOf(3)],
  tokens: [
    { token: "EAAGCANARY2", isValid: false },
    { token: "EAAGCANARY3", expiresAtMs: Date.now() + 86_400_000 },
  ],
});

const upload = async ({ startAnApi, sandbox }: Stack, query: string, metaReadsPerSecond = 10_000) => {
  const api = await startAnApi({ meta: sandbox.meta, metaReadsPerSecond });
  const response = await fetch(`${api.url}/v1/batches?${query}`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: csvOf(rows),
  });
  return { status: response.status, body: await response.json() };
};

test("a dry run of the API asks Meta about each new number, and names row, line, member and code", async () => {
  await withStack({ startsPaused: true }, async (stack) => {
    stack.sandbox.setMetaObjects(objects());
    const { status, body } = await upload(stack, "dryRun=true&checkMeta=true");
    assert.equal(status, 200);
    assert.partialDeepStrictEqual(body, {
      errors: [
        {
          row: 2,
          line: 3,
          errors: [
            {
              path: "/phoneNumber",
              message:
                "is not the number that Meta shows for phoneId (meta_number_differs). Meta's ends in 7777.",
            },
          ],
        },
        {
          row: 3,
          line: 4,
          errors: [{ path: "/accessToken", message: "is not accepted by Meta (meta_token_invalid)" }],
        },
      ],
      warnings: [{ row: 4, line: 5, warnings: [{ path: "/accessToken" }] }],
      meta: { checked: 4, found: 2, warned: 1, unchecked: 0 },
      ...{ rows: 4, valid: 2, created: 2, rejected: 2 },
    });
    assert.ok(!JSON.stringify(body).includes("CANARY"));
    assert.deepEqual(stack.sandbox.report().creates, {});
    const plain = await upload(stack, "dryRun=true");
    assert.partialDeepStrictEqual(plain.body, { errors: [], valid: 4 });
    assert.equal((await upload(stack, "checkMeta=true")).status, 422, "only a dry run checks");
  });
});

test("an API without an app refuses to check at Meta", async () => {
  await withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi();
    const body = csvOf(rows);
    const headers = { "content-type": "text/csv" };
    const response = await fetch(`${url}/v1/batches?dryRun=true&checkMeta=true`, {
      method: "POST",
      headers,
      body,
    });
    assert.equal(response.status, 422);
    assert.match(await response.text(), /META_APP_ID/);
  });
});

test("perch import --dry-run --check-meta prints what Meta shows of a row, and goes on without an answer", async () => {
  await withStack({ startsPaused: true }, async (stack) => {
    await using opened = new AsyncDisposableStack();
    const { sandbox, producer } = stack;
    sandbox.setMetaObjects(objects());
    const run = (json: boolean) =>
      withFolder(async (dir) => {
        const io = createTestIo();
        const file = join(dir, "numbers.csv");
        await writeFile(file, csvOf(rows));
        const check = openCheckNumber({ ...sandbox.meta, readsPerSecond: 10_000 }, { ...stack, opened });
        const checkRow = createCheckRow({ check, pause: async () => undefined });
        const args = { file, dryRun: true, checkMeta: true, watch: false, ignoreUnknownColumns: false, json };
        const whyWaiting = async () => undefined;
        const code = await importCommand({ io, producer, whyWaiting, openCheck: async () => checkRow }, args);
        return { code, out: io.out(), err: io.err() };
      });
    const { code, out, err } = await run(false);
    assert.equal(code, 1);
    assert.match(err, /row 2: phoneNumber is not the number that Meta shows .*meta_number_differs/);
    assert.match(err, /row 4: accessToken expires within a week/);
    assert.match(out, /At Meta: 4 rows checked, 2 with errors, 1 with warnings\./);
    assert.ok(!(out + err).includes("CANARY"));
    sandbox.setFaults([{ operation: "debugToken", fault: { kind: "status", status: 429 } }]);
    const away = await run(false);
    assert.equal(away.code, 0);
    assert.match(away.out, /At Meta: 0 rows checked, 0 with errors, 0 with warnings, 4 not checked \(Meta /);
  });
});

test("perch check says what a token is at Meta, and never shows it", async (t) => {
  const sandbox = await openSandbox(t);
  const { appId, appSecret, graphUrl } = sandbox.meta;
  sandbox.setMetaObjects({
    tokens: [
      { token: "CANARY-GOOD", wabaIds: ["7"] },
      { token: "CANARY-POOR", scopes: ["whatsapp_business_messaging"], expiresAtMs: Date.now() + 1_000_000 },
      { token: "CANARY-BAD", isValid: false },
      { token: "CANARY-OTHER", appId: "1" },
    ],
    phones: [{ phoneId: "10", wabaId: "7", displayPhoneNumber: "+1 415-555-0100" }],
  });
  const graph = createGraph({ graphUrl, app: { appId, appSecret }, requestTimeoutMs: 5000 });
  t.after(() => graph.close());
  const run = async (token: string, json = false) => {
    const io = createTestIo({ stdin: `${token}\n` });
    const code = await checkCommand({ io, graph, appId, now: Date.now }, { file: "-", json });
    const text = io.out() + io.err();
    assert.ok(!text.includes("CANARY"), text);
    return { code, text };
  };
  const good = await run("CANARY-GOOD");
  assert.equal(good.code, 0);
  assert.match(good.text, /app \d+ \(Sandbox\), valid/);
  assert.match(good.text, /expires: never/);
  assert.match(good.text, /account 7: 1 number\n {2}10 · \+1 415-555-0100/);
  assert.match(good.text, /Nothing is wrong with it as far as Meta tells\./);
  const poor = await run("CANARY-POOR", true);
  assert.equal(poor.code, 1);
  assert.partialDeepStrictEqual(JSON.parse(poor.text), {
    findings: [
      { code: "meta_token_lacks_permission", actor: "customer", severity: "error" },
      { code: "meta_token_expires_soon", severity: "warning" },
    ],
  });
  assert.match((await run("CANARY-BAD")).text, /error meta_token_invalid: Meta does not accept the token\./);
  const other = await run("CANARY-OTHER");
  assert.equal(other.code, 1);
  assert.match(other.text, /not known: token: Meta does not let META_APP_ID inspect it/);
});
