import assert from "node:assert/strict";
import test from "node:test";
import type { z } from "zod";
import { batchPageSchema, dryRunSchema } from "../../src/api/batches/schema.ts";
import { importUpload, readUpload } from "../../src/api/batches/upload.ts";
import { problemOf } from "../../src/api/server/problem-of.ts";
import { problemSchema } from "../../src/api/server/problem-schema.ts";
import { batchSchema } from "../../src/install/batch.ts";
import type { InputRow } from "../../src/producer/put/enqueue-rows.ts";
import { ImportFileError } from "../../src/producer/read/errors.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { csvHeader, csvLine, csvOf, numberedRequest, openUpload } from "../support/upload.ts";

const csv = { "content-type": "text/csv" };
const ndjson = { "content-type": "application/x-ndjson" };

const withApi = (
  run: (call: ApiClient, stack: Stack & { readonly url: string }) => Promise<void>,
  options: StackOptions = { startsPaused: true },
): Promise<void> =>
  withStack(options, async (stack) => {
    const { url } = await stack.startAnApi();
    await run(createApiClient(url), { ...stack, url });
  });

const onlyBatch = (call: ApiClient): Promise<z.output<typeof batchSchema>> =>
  until("there is a batch", async () => (await call("/v1/batches")).as(batchPageSchema).items[0]);

const requests = (count: number) => Array.from({ length: count }, (_, n) => numberedRequest(n));

test("a CSV file becomes a batch, whose bad rows are rejected", () =>
  withApi(async (call) => {
    const text = csvOf([...requests(3), { ...numberedRequest(3), wabaId: "x" }, numberedRequest(0)]);
    const made = await call("/v1/batches?name=march", {
      text,
      headers: { "content-type": "text/csv; charset=utf-8; header=present" },
    });
    assert.equal(made.status, 202, made.text);
    const batch = made.as(batchSchema);
    assert.equal(made.headers.get("location"), `/v1/batches/${batch.id}`);
    const { name, status, rows, accepted, attached, rejected, queued } = batch;
    assert.deepEqual(
      { name, status, rows, accepted, attached, rejected, queued },
      { name: "march", status: "running", rows: 5, accepted: 3, attached: 1, rejected: 1, queued: 4 },
    );
    assert.deepEqual((await call(`/v1/batches/${batch.id}`)).as(batchSchema), batch);
    const page = await call(`/v1/installs?batchId=${batch.id}`);
    assert.equal(page.as(batchPageSchema.pick({ nextCursor: true }).loose()).nextCursor, undefined);
    assert.doesNotMatch(made.text + page.text, /EAAG/);
  }));

test("an NDJSON file becomes a batch, called upload unless it is named", () =>
  withApi(async (call) => {
    const text = requests(2)
      .map((each) => `${JSON.stringify(each)}\n`)
      .join("");
    const made = await call("/v1/batches", { text, headers: ndjson });
    assert.equal(made.status, 202, made.text);
    const { name, rows, accepted } = made.as(batchSchema);
    assert.deepEqual([name, rows, accepted], ["upload", 2, 2]);
  }));

test("rows are enqueued while the file is still coming", { timeout: 120_000 }, () =>
  withApi(async (call, { url }) => {
    const all = 10_000;
    const upload = openUpload(`${url}/v1/batches`);
    await upload.write(csvHeader);
    await upload.write(requests(1000).map(csvLine).join(""));
    const early = await until("the first rows are in", async () => {
      const { items } = (await call("/v1/batches")).as(batchPageSchema);
      return items[0]?.rows === 1000 && items[0];
    });
    assert.deepEqual([early.status, early.accepted], ["importing", 1000]);
    for (let row = 1000; row < all; row += 1000) await upload.write("none,,,,,\n".repeat(1000));
    const { status, body } = await upload.end();
    assert.equal(status, 202);
    const { id, rows, accepted, rejected } = batchSchema.parse(body);
    assert.deepEqual([id, rows, accepted, rejected], [early.id, all, 1000, all - 1000]);
  }),
);

test("an upload that is cut off leaves its batch open, and the same file again goes on with it", () =>
  withApi(async (call, { url }) => {
    const lines = requests(700).map(csvLine);
    const upload = openUpload(`${url}/v1/batches?name=march`);
    await upload.write(csvHeader + lines.slice(0, 600).join("") + (lines[600] ?? "").slice(0, 40));
    const early = await until("two groups are in", async () => {
      const { items } = (await call("/v1/batches")).as(batchPageSchema);
      return items[0]?.rows === 500 && items[0];
    });
    await upload.abort();
    const again = await call("/v1/batches?name=march", { text: csvOf(requests(700)), headers: csv });
    const { id, status, rows, accepted, attached, isCutOff } = again.as(batchSchema);
    assert.deepEqual([id, status, isCutOff], [early.id, "running", undefined]);
    assert.deepEqual([rows, accepted, attached], [700, 700, 0]);
    const third = await call("/v1/batches?name=march", { text: csvOf(requests(700)), headers: csv });
    const other = third.as(batchSchema);
    assert.notEqual(other.id, early.id, "it was read whole: a new batch");
    assert.deepEqual([other.accepted, other.attached], [0, 700]);
  }));

test("an upload that is cut off in its first group enqueues nothing", () =>
  withApi(async (call, { url }) => {
    const upload = openUpload(`${url}/v1/batches`);
    await upload.write(csvOf(requests(100)));
    await upload.abort();
    const again = await call("/v1/batches", { text: csvOf(requests(100)), headers: csv });
    assert.equal(again.as(batchSchema).accepted, 100);
    assert.equal((await call("/v1/batches")).as(batchPageSchema).items.length, 1);
  }));

test("a server that closes answers an upload, which goes on at the next", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const api = await startAnApi();
    const upload = openUpload(`${api.url}/v1/batches`);
    const lines = requests(400).map(csvLine);
    await upload.write(csvHeader + lines.slice(0, 300).join(""));
    const call = createApiClient((await startAnApi()).url);
    const early = await until("a group is in", async () => {
      const { items } = (await call("/v1/batches")).as(batchPageSchema);
      return items[0]?.rows === 250 && items[0];
    });
    const [{ status, body }] = await Promise.all([upload.answer(), api.close()]);
    const problem = problemSchema.parse(body);
    assert.deepEqual([status, problem.code], [503, "unavailable"]);
    assert.deepEqual([problem.batchId, problem.rows], [early.id, 250]);
    const again = await call("/v1/batches", { text: csvOf(requests(400)), headers: csv });
    assert.deepEqual([again.body.id, again.body.accepted], [early.id, 400]);
  }));

test("a batch that is cancelled while its file is read takes no more rows", () =>
  withApi(async (call, { url }) => {
    const upload = openUpload(`${url}/v1/batches`);
    await upload.write(csvOf(requests(300)));
    const { id } = await onlyBatch(call);
    assert.equal((await call(`/v1/batches/${id}/cancel`, { method: "POST" })).status, 200);
    await upload.write(requests(1000).slice(300).map(csvLine).join(""));
    const { status, body } = await upload.end();
    const problem = problemSchema.parse(body);
    assert.deepEqual([status, problem.code, problem.batchId], [409, "wrong_state", id]);
    assert.equal((await call(`/v1/batches/${id}`)).as(batchSchema).isCutOff, true);
  }));

test("unknown columns refuse a file, unless they are to be ignored", () =>
  withApi(async (call) => {
    const text = csvOf(requests(2)).replace("\n", ",colour\n").replaceAll("-0\n", "-0,red\n");
    const refused = await call("/v1/batches", { text, headers: csv });
    const { status, code, detail } = refused.as(problemSchema);
    assert.deepEqual([status, code], [422, "invalid_request"]);
    assert.match(detail, /"colour".*or send ignoreUnknownColumns=true in the query to skip them/);
    assert.doesNotMatch(detail, /--/);
    assert.deepEqual((await call("/v1/batches")).body.items, []);
    const taken = await call("/v1/batches?ignoreUnknownColumns=true", { text, headers: csv });
    assert.deepEqual([taken.status, taken.body.accepted], [202, 2]);
  }));

test("an answer that comes before the end of the upload reaches the client", () =>
  withApi(async (_call, { url }) => {
    const upload = openUpload(`${url}/v1/batches`);
    await upload.write(`colour\n${"red\n".repeat(200_000)}`);
    const { status } = await upload.answer();
    assert.equal(status, 422);
    await upload.abort();
  }));

test("a file that is none is refused as a whole, and so is a body of another type", () =>
  withApi(async (call) => {
    for (const [text, message] of [
      ["", /is empty/],
      [csvHeader, /has a header and no rows/],
      ["[{}]", /one JSON array/],
      ["\u001f\u008b", /first line does not name the columns/],
      [`${JSON.stringify(installRequest(1))}\n`, /over HTTP the content type application\/x-ndjson/],
    ] as const) {
      const refused = await call("/v1/batches", { text, headers: csv });
      assert.equal(refused.status, 422, text);
      assert.match(refused.as(problemSchema).detail, message);
    }
    for (const request of [
      { json: installRequest(1) },
      { text: csvOf(requests(1)), headers: { "content-type": "text/plain" } },
      { text: csvOf(requests(1)), headers: { "content-type": "nonsense" } },
      { method: "POST" },
    ]) {
      const refused = await call("/v1/batches", request);
      assert.equal(refused.status, 415, JSON.stringify(request));
      assert.match(refused.as(problemSchema).detail, /text\/csv/);
    }
    assert.equal((await call("/v1/installs", { text: csvOf(requests(1)), headers: csv })).status, 415);
    assert.deepEqual((await call("/v1/batches")).body.items, []);
  }));

test("all faults of the query are named at once", () =>
  withApi(async (call) => {
    const query = "name=&canary=0&haltAt=101&dryRun=maybe&colour=red";
    const refused = await call(`/v1/batches?${query}`, { text: csvOf(requests(1)), headers: csv });
    const paths = refused.as(problemSchema).errors?.map(({ path }) => path);
    assert.deepEqual(paths?.sort(), ["/canary", "/colour", "/dryRun", "/haltAt", "/name"]);
  }));

test("a canary goes first and halts at 20 percent unless another share is given", () =>
  withApi(async (call) => {
    for (const [query, haltAt] of [
      ["canary=5", 20],
      ["canary=5&haltAt=35", 35],
      ["canary=5&haltAt=12.5%25", 12.5],
      ["haltAt=40", 40],
      ["", undefined],
    ] as const) {
      const made = await call(`/v1/batches?name=q${haltAt}&${query}`, {
        text: csvOf(requests(10)),
        headers: csv,
      });
      const batch = made.as(batchSchema);
      assert.equal(batch.haltAt, haltAt, query);
      assert.equal(batch.canary, query.includes("canary") ? 5 : undefined);
    }
  }));

test("a dry run validates every row, reports what would happen to it, and enqueues nothing", () =>
  withApi(async (call, { client, keys }) => {
    await call("/v1/installs", { json: numberedRequest(0) });
    const inputs = [...requests(3), numberedRequest(2), { ...numberedRequest(4), wabaId: "x", name: "" }];
    const told = await call("/v1/batches?dryRun=true", { text: csvOf(inputs), headers: csv });
    assert.equal(told.status, 200, told.text);
    const { errors, file, ...counts } = told.as(dryRunSchema);
    assert.deepEqual([file.format, file.encoding, file.delimiter], ["csv", "utf-8", ","]);
    assert.deepEqual(errors[0]?.input.wabaId, "x");
    assert.deepEqual(counts, {
      rows: 5,
      valid: 4,
      created: 2,
      attached: 2,
      installed: 0,
      blocked: 0,
      rejected: 1,
      finishMs: 5,
      finishBasis: "budget",
    });
    assert.deepEqual(
      errors.map(({ row, errors: issues }) => [row, issues.map(({ path }) => path).sort()]),
      [[5, ["/name", "/wabaId"]]],
    );
    assert.doesNotMatch(told.text, /EAAG/);
    assert.equal(await client.exists(keys.batches), 0);
    assert.equal((await call("/v1/installs")).text.match(/"id"/g)?.length, 1);
  }));

test("a long report of a dry run is whole", { timeout: 60_000 }, () =>
  withApi(async (call) => {
    const count = 20_000;
    const told = await call("/v1/batches?dryRun=true", { text: "{}\n".repeat(count), headers: ndjson });
    const { errors, rows, rejected } = told.as(dryRunSchema);
    assert.ok(told.text.length > 2_000_000);
    assert.deepEqual([errors.length, rows, rejected], [count, count, count]);
    assert.equal(errors.at(-1)?.row, count);
  }),
);

test("addresses of webhooks are https in a file too", () =>
  withApi(async (call) => {
    const [one, two] = requests(2);
    const channelWebhooks = { url: "http://crm.example/", signingKey: "k" };
    const inputs = [
      { ...one, callbackUrl: "http://crm.example/", name: "" },
      { ...two, channelWebhooks },
    ];
    const text = inputs.map((each) => `${JSON.stringify(each)}\n`).join("");
    const told = await call("/v1/batches?dryRun=true", { text, headers: ndjson });
    assert.deepEqual(
      told.as(dryRunSchema).errors.map(({ errors }) => errors.map(({ path }) => path).sort()),
      [["/callbackUrl", "/name"], ["/channelWebhooks/url"]],
    );
  }));

test("a file that breaks in its middle leaves the rows before it in a batch that is cut off", () =>
  withStack({ startsPaused: true }, async ({ producer }) => {
    async function* torn(): AsyncGenerator<InputRow> {
      for (const [index, input] of requests(300).entries()) yield { row: index + 1, input };
      throw new ImportFileError("The file is torn.");
    }
    const { importRows, batches } = producer;
    const importing = importUpload(
      { importRows, batches, allowsHttp: false },
      { ...readUpload(torn()), file: {}, close: () => undefined },
      { name: "torn", caller: { name: "local", workspaces: undefined } },
    );
    const problem = await importing.then(
      () => assert.fail("it is not whole"),
      (error: unknown) => problemOf(error),
    );
    assert.deepEqual([problem?.status, problem?.code, problem?.rows], [422, "invalid_request", 300]);
    assert.match(problem?.detail ?? "", /^The file is torn\. The rows before that \(300\) are in batch/);
    const batch = await batches.find(problem?.batchId ?? "");
    assert.deepEqual([batch?.rows, batch?.accepted, batch?.isCutOff], [300, 300, true]);
  }));
