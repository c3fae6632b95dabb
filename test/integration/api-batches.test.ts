import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { workbookType } from "../../src/api/batches/reading.ts";
import { batchPageSchema } from "../../src/api/batches/schema.ts";
import { problemSchema } from "../../src/api/server/problem-schema.ts";
import { batchSchema } from "../../src/install/batch.ts";
import type { InstallRequestInput } from "../../src/install/request.ts";
import { batchDetailSchema } from "../../src/producer/results/batch-detail.ts";
import { batchRetrySchema } from "../../src/queue/actions/batch.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { csvOf } from "../support/upload.ts";

const unknownId = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const requests = (count: number) => Array.from({ length: count }, (_, n) => installRequest(n));

const withApi = (
  options: StackOptions,
  run: (call: ApiClient, stack: Stack & { readonly url: string }) => Promise<void>,
): Promise<void> =>
  withStack(options, async (stack) => {
    const { url } = await stack.startAnApi();
    await run(createApiClient(url), { ...stack, url });
  });

const upload = async (call: ApiClient, inputs: readonly InstallRequestInput[], query = "") => {
  const made = await call(`/v1/batches?${query}`, {
    text: csvOf(inputs),
    headers: { "content-type": "text/csv" },
  });
  assert.equal(made.status, 202, made.text);
  return made.as(batchSchema);
};

const ended = (call: ApiClient, id: string) =>
  until("the batch has ended", async () => {
    const batch = (await call(`/v1/batches/${id}`)).as(batchDetailSchema);
    return batch.finishedAt !== undefined && batch;
  });

const refuse = (phoneNumber: string, times: number | "always" = "always"): FaultRule => ({
  times,
  phoneNumber,
  fault: { kind: "status", status: 422 },
});

test("batches are listed, newest first, page by page", () =>
  withApi({ startsPaused: true }, async (call) => {
    const ids: string[] = [];
    for (const name of ["one", "two", "three"])
      ids.unshift((await upload(call, requests(1), `name=${name}`)).id);
    const first = (await call("/v1/batches?limit=2")).as(batchPageSchema);
    assert.deepEqual(
      first.items.map(({ id, name }) => [id, name]),
      [
        [ids[0], "three"],
        [ids[1], "two"],
      ],
    );
    const rest = (await call(`/v1/batches?limit=2&cursor=${first.nextCursor}`)).as(batchPageSchema);
    assert.deepEqual([rest.items.map(({ id }) => id), rest.nextCursor], [[ids[2]], undefined]);
    for (const query of ["limit=0", "limit=201", "cursor=a+b", "colour=red"])
      assert.equal((await call(`/v1/batches?${query}`)).status, 422, query);
  }));

test("a batch lists its latest failed rows, newest first", () =>
  withApi({ sandbox: { faults: [refuse("+14155550101"), refuse("+14155550103")] } }, async (call) => {
    const { id } = await upload(call, requests(5));
    const { recentFailures, failed, completed } = await ended(call, id);
    assert.deepEqual([failed, completed], [2, 3]);
    assert.deepEqual(recentFailures.map(({ row }) => row).sort(), [2, 4]);
    for (const { errorCode, errorMessage, installId } of recentFailures) {
      assert.equal(errorCode, "rejected_by_bird");
      assert.ok(errorMessage);
      assert.equal((await call(`/v1/installs/${installId}`)).body.batchId, id);
    }
    const oldest = recentFailures.at(-1)?.row;
    await call(`/v1/batches/${id}/retry`, { json: { filter: { rows: [oldest] } } });
    await until("it has failed again and is the newest", async () => {
      const [newest] = (await ended(call, id)).recentFailures;
      return newest?.row === oldest;
    });
  }));

test("results are CSV or NDJSON, in input order, of one status if asked", () =>
  withApi({ sandbox: { faults: [refuse("+14155550102")] } }, async (call) => {
    const bad = { ...installRequest(9), wabaId: "x", name: "=2+5" };
    const { id } = await upload(call, [...requests(4), bad], "name=März.csv");
    await ended(call, id);
    const rowSchema = z.object({ row: z.number(), status: z.string(), wabaId: z.string() });
    const results = async (query: string, accept?: string) =>
      call(`/v1/batches/${id}/results?${query}`, accept === undefined ? {} : { headers: { accept } });
    const all = await results("");
    assert.equal(all.headers.get("content-type"), "application/x-ndjson");
    const rows = all.text
      .trimEnd()
      .split("\n")
      .map((line) => rowSchema.parse(JSON.parse(line)));
    assert.deepEqual(
      rows.map(({ row, status }) => [row, status]),
      [
        [1, "completed"],
        [2, "completed"],
        [3, "failed"],
        [4, "completed"],
        [5, "rejected"],
      ],
    );
    const failed = (await results("status=failed&format=ndjson")).text;
    assert.deepEqual([failed.split("\n").length, rowSchema.parse(JSON.parse(failed)).row], [2, 3]);
    assert.equal((await results("status=pending")).text, "");

    const table = await results("format=csv");
    assert.match(table.headers.get("content-type") ?? "", /^text\/csv; charset=utf-8/);
    assert.equal(
      table.headers.get("content-disposition"),
      `attachment; filename="M_rz-results.csv"; filename*=UTF-8''M%C3%A4rz-results.csv`,
    );
    const lines = table.text.trimEnd().split("\n");
    assert.equal(lines.length, 6);
    assert.match(lines[0] ?? "", /^row,status,installId,.*,action,birdMessage,line,workspaceId,name,/);
    assert.match(lines[5] ?? "", /^5,rejected,.*'=2\+5/);
    assert.doesNotMatch(all.text + table.text, /EAAG|accessToken/);

    for (const [accept, type] of [
      ["text/csv", "text/csv"],
      ["application/x-ndjson, text/csv", "application/x-ndjson"],
      ["text/csv;q=0.9, */*", "text/csv"],
      ["*/*", "application/x-ndjson"],
    ] as const)
      assert.equal((await results("", accept)).headers.get("content-type")?.split(";")[0], type, accept);
    for (const query of ["status=odd", "format=xml", "colour=red"])
      assert.equal((await results(query)).status, 422, query);
  }));

test("results are there while the batch runs", () =>
  withApi({ startsPaused: true }, async (call) => {
    const { id } = await upload(call, requests(3));
    const { text } = await call(`/v1/batches/${id}/results`);
    assert.equal(text.match(/"status":"pending"/g)?.length, 3);
  }));

/** The events of a stream, once it has ended. */
const eventsIn = (text: string) =>
  [...text.matchAll(/^event: (\w+)\ndata: (.*)\n\n/gm)].map(([, name, data = ""]) => ({
    name,
    batch: batchSchema.parse(JSON.parse(data)),
  }));

test("events report a batch's progress and its end", () =>
  withApi({ startsPaused: true }, async (call, { url, startAnotherWorker }) => {
    const { id } = await upload(call, requests(3));
    const stream = await fetch(`${url}/v1/batches/${id}/events`);
    assert.equal(stream.headers.get("content-type"), "text/event-stream");
    assert.equal(stream.headers.get("cache-control"), "no-store");
    assert.equal(stream.headers.get("x-accel-buffering"), "no");
    await startAnotherWorker();
    const text = await stream.text();
    assert.match(text, /^retry: \d+\n\n/);
    const events = eventsIn(text);
    assert.deepEqual([events[0]?.name, events[0]?.batch.queued], ["progress", 3]);
    assert.equal(events.filter(({ name }) => name === "finished").length, 1);
    assert.deepEqual([events.at(-1)?.name, events.at(-1)?.batch.completed], ["finished", 3]);
    const late = eventsIn((await call(`/v1/batches/${id}/events`)).text);
    assert.deepEqual(
      late.map(({ name, batch }) => [name, batch.status]),
      [["finished", "finished"]],
    );
  }));

test("events of a cancelled batch end once its installs have", () =>
  withApi({ startsPaused: true }, async (call, { url, startAnotherWorker }) => {
    const { id } = await upload(call, requests(3));
    assert.equal((await call(`/v1/batches/${id}/cancel`, { method: "POST" })).body.status, "cancelled");
    const stream = await fetch(`${url}/v1/batches/${id}/events`);
    await startAnotherWorker();
    const { name, batch } = eventsIn(await stream.text()).at(-1) ?? {};
    assert.deepEqual([name, batch?.status, batch?.cancelled], ["finished", "cancelled", 3]);
  }));

test("a server that closes ends its event streams, and who left is not waited for", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const api = await startAnApi();
    const { id } = await upload(createApiClient(api.url), requests(1));
    const gone = new AbortController();
    await fetch(`${api.url}/v1/batches/${id}/events`, { signal: gone.signal });
    gone.abort();
    const stream = await fetch(`${api.url}/v1/batches/${id}/events`);
    const startMs = performance.now();
    const [text] = await Promise.all([stream.text(), api.close()]);
    assert.ok(performance.now() - startMs < 3000, "it does not hang");
    assert.ok(eventsIn(text).every(({ name }) => name === "progress"));
  }));

test("failed rows are counted and retried by their code or number, with another token", () =>
  withApi({ sandbox: { faults: [refuse("+14155550101", 1), refuse("+14155550102")] } }, async (call) => {
    const { id } = await upload(call, requests(4));
    await ended(call, id);
    const retry = async (json?: unknown) => {
      const answer = await call(`/v1/batches/${id}/retry`, { method: "POST", json });
      assert.equal(answer.status, 200, answer.text);
      assert.doesNotMatch(answer.text, /EAAG/);
      return answer.as(batchRetrySchema);
    };
    const filter = { errorCode: "rejected_by_bird" };
    assert.deepEqual(await retry({ filter, dryRun: true }), { matched: 2, retried: 0, refused: [] });
    assert.deepEqual(await retry({ filter: { errorCode: "unauthorized" } }), {
      matched: 0,
      retried: 0,
      refused: [],
    });
    const replace = { accessToken: "EAAG-RENEWED", metadata: { try: "2" } };
    assert.deepEqual(await retry({ filter: { ...filter, rows: [1, 2] }, replace }), {
      matched: 1,
      retried: 1,
      refused: [],
    });
    const after = await until("it has finished again", async () => {
      const batch = await ended(call, id);
      return batch.completed === 3 && batch;
    });
    assert.deepEqual(
      after.recentFailures.map(({ row }) => row),
      [3],
    );
    assert.match((await call(`/v1/batches/${id}/results`)).text, /^\{"row":2,.*"metadata":\{"try":"2"\}/m);
    assert.deepEqual((await retry()).matched, 1);
  }));

test("all faults of a retry are named together, without what was sent", () =>
  withApi({ startsPaused: true }, async (call) => {
    const { id } = await upload(call, requests(1));
    const json = {
      filter: { errorCode: "odd", rows: [0, 1.5], colour: "red" },
      replace: { accessToken: "EAAG CANARY", phoneNumber: "1", workspaceId: "x", callbackUrl: "http://a.b/" },
      dryRun: "yes",
      stray: 1,
    };
    const refused = await call(`/v1/batches/${id}/retry`, { json });
    assert.equal(refused.status, 422);
    const paths = refused.as(problemSchema).errors?.map(({ path }) => path);
    assert.deepEqual(paths?.sort(), [
      "/dryRun",
      "/filter/colour",
      "/filter/errorCode",
      "/filter/rows/0",
      "/filter/rows/1",
      "/replace/accessToken",
      "/replace/callbackUrl",
      "/replace/phoneNumber",
      "/replace/workspaceId",
      "/stray",
    ]);
    assert.doesNotMatch(refused.text, /CANARY/);
    for (const body of [[], { filter: [] }, { filter: { rows: 1 } }, { replace: 1 }])
      assert.equal((await call(`/v1/batches/${id}/retry`, { json: body })).status, 422, JSON.stringify(body));
    const rows = Array.from({ length: 100_000 }, (_, n) => 1_000_000 + n);
    assert.equal((await call(`/v1/batches/${id}/retry`, { json: { filter: { rows } } })).status, 200);
    const more = { filter: { rows: [...rows, 1] } };
    assert.equal((await call(`/v1/batches/${id}/retry`, { json: more })).status, 422);
  }));

test("a batch is paused, resumed and cancelled, and refuses what its state does not allow", () =>
  withApi({ startsPaused: true }, async (call, { startAnotherWorker }) => {
    const { id } = await upload(call, requests(3));
    const act = (what: string) => call(`/v1/batches/${id}/${what}`, { method: "POST" });
    for (const [what, status] of [
      ["pause", "paused"],
      ["pause", "paused"],
      ["resume", "running"],
      ["cancel", "cancelled"],
      ["cancel", "cancelled"],
    ] as const) {
      const answer = await act(what);
      assert.deepEqual([answer.status, answer.as(batchSchema).status], [200, status], what);
    }
    for (const what of ["pause", "resume", "retry"]) {
      const refused = (await act(what)).as(problemSchema);
      assert.deepEqual([refused.status, refused.code], [409, "wrong_state"], what);
    }
    await startAnotherWorker();
    assert.equal((await ended(call, id)).cancelled, 3);
    assert.deepEqual((await act("retry")).as(batchRetrySchema), { matched: 3, retried: 3, refused: [] });
  }));

test("what is no batch is not found", () =>
  withApi({ startsPaused: true }, async (call) => {
    const { body: install } = await call("/v1/installs", { json: installRequest(1) });
    for (const id of [unknownId, "nobody", "open", String(install.id)])
      for (const [method, rest] of [
        ["GET", ""],
        ["GET", "/results"],
        ["GET", "/events"],
        ["POST", "/pause"],
        ["POST", "/resume"],
        ["POST", "/cancel"],
        ["POST", "/retry"],
      ] as const) {
        const answer = await call(`/v1/batches/${id}${rest}`, { method });
        assert.deepEqual([answer.status, answer.body.code], [404, "not_found"], `${method} ${id}${rest}`);
      }
  }));

test("a workbook over the limit is refused with its size, the limit and what to do", () =>
  withApi({ startsPaused: true }, async (_, { url }) => {
    for (const query of ["", "?dryRun=true"]) {
      const refused = await fetch(`${url}/v1/batches${query}`, {
        method: "POST",
        headers: { "content-type": workbookType },
        body: Buffer.concat([Buffer.from("PK"), Buffer.alloc(36_000_000)]),
      });
      assert.equal(refused.status, 422);
      assert.match(
        await refused.text(),
        /The workbook is 34\.3 MiB, and 32 MiB is the limit: save it as CSV UTF-8/,
      );
    }
  }));
