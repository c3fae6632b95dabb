import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { batchPageSchema } from "../../src/api/batches/schema.ts";
import { batchSchema } from "../../src/install/batch.ts";
import type { InstallRequestInput } from "../../src/install/request.ts";
import { batchDetailSchema } from "../../src/producer/results/batch-detail.ts";
import { batchRowSchema, rowWalkMax } from "../../src/producer/results/row-page.ts";
import { resultRows } from "../../src/producer/results/rows.ts";
import { createWalkRows } from "../../src/queue/batches/row-walk.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { csvOf, numberedRequest } from "../support/upload.ts";
import { withQueue } from "./queue-fixture.ts";
import { requestIn, withTenants, workspaceA, workspaceB } from "./tenants-fixture.ts";

const pageSchema = z.object({ items: z.array(batchRowSchema), nextCursor: z.string().optional() });
type Row = z.infer<typeof batchRowSchema>;

/** Some workspaces, so that several shards have rows. */
const workspaceOf = (n: number): string => `0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d1${n % 8}`;

const requestOf = (n: number, change: Partial<InstallRequestInput> = {}): InstallRequestInput =>
  installRequest(n, { workspaceId: workspaceOf(n), ...change });

const fault = (n: number, kind: 404 | 422 | "never"): FaultRule => ({
  times: "always",
  phoneNumber: requestOf(n).phoneNumber,
  fault: kind === "never" ? { kind: "channel_never" } : { kind: "status", status: kind },
});

/** Rows 1 to 40: 422 in 3, 9, 15…, 404 in 5 and 17, no channel in 7 and 8, and rows 20 to 22 that are rejected. */
const refused = [3, 9, 15, 21, 27, 33];
const faults = [
  ...refused.map((n) => fault(n, 422)),
  ...[5, 17].map((n) => fault(n, 404)),
  ...[7, 8].map((n) => fault(n, "never")),
];
const rowsOfFile = Array.from({ length: 40 }, (_, at) => {
  const n = at + 1;
  if (n === 20) return requestOf(n, { phoneNumber: "12" });
  if (n === 22) return requestOf(n, { phoneNumber: "34", wabaId: "none" });
  // Repeats row 1.
  if (n === 30) return requestOf(1);
  return requestOf(n);
});

const upload = async (
  call: ApiClient,
  inputs: readonly InstallRequestInput[],
  query = "",
): Promise<string> => {
  const made = await call(`/v1/batches?${query}`, {
    text: csvOf(inputs),
    headers: { "content-type": "text/csv" },
  });
  assert.equal(made.status, 202, made.text);
  return made.as(batchSchema).id;
};

const walk = async (call: ApiClient, id: string, query: string): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    const answer = await call(`/v1/batches/${id}/rows?${query}${cursor === "" ? "" : `&cursor=${cursor}`}`);
    assert.equal(answer.status, 200, answer.text);
    const page = answer.as(pageSchema);
    rows.push(...page.items);
    cursor = page.nextCursor;
  }
  return rows;
};

const withBatch = (
  options: StackOptions,
  run: (call: ApiClient, id: string, stack: Stack) => Promise<void>,
): Promise<void> =>
  withStack({ ...options, sandbox: { faults } }, async (stack) => {
    const { url } = await stack.startAnApi();
    const call = createApiClient(url);
    const id = await upload(call, rowsOfFile);
    await until("all but two have ended", async () => {
      const { completed, failed, awaiting } = (await call(`/v1/batches/${id}`)).as(batchDetailSchema);
      return awaiting === 2 && completed + failed === 36;
    });
    await run(call, id, stack);
  });

const numbers = (rows: readonly Row[]): readonly number[] => rows.map(({ row }) => row);

for (const options of [{ shards: 1 }, { shards: 3 }]) {
  test(`the rows of a batch are found by status, code and fault, page by page, in ${options.shards} shards`, () =>
    withBatch(options, async (call, id, { producer }) => {
      const results = await Array.fromAsync(resultRows(producer, id));
      const wanted = (fits: (row: (typeof results)[number]) => boolean) =>
        results.filter(fits).map(({ row }) => row);
      const isOpen = (row: (typeof results)[number]) => row.status === "pending";
      const cases: readonly (readonly [query: string, rows: readonly number[]])[] = [
        ["", wanted(() => true)],
        ["status=completed", wanted(({ status }) => status === "completed")],
        ["status=failed", [3, 5, 9, 15, 17, 21, 27, 33]],
        ["status=rejected", [20, 22]],
        ["status=cancelled", []],
        ["status=pending", [7, 8]],
        ["status=awaiting", [7, 8]],
        ["status=queued", []],
        ["status=failed,rejected", wanted(({ status }) => status === "failed" || status === "rejected")],
        ["status=failed&status=pending", wanted((row) => row.status === "failed" || isOpen(row))],
        ["code=rejected_by_bird", refused],
        ["code=workspace_not_found", [5, 17]],
        ["code=workspace_not_found&status=completed", []],
        ["code=invalid_request", [20, 22]],
        ["code=number_mismatch", []],
        ["code=cancelled", []],
      ];
      for (const [query, rows] of cases)
        for (const limit of [1, 7, 200])
          assert.deepEqual(
            numbers(await walk(call, id, `${query}&limit=${limit}`)),
            rows,
            `${query} ${limit}`,
          );

      const { rejectsByFault } = (await call(`/v1/batches/${id}`)).as(batchDetailSchema);
      const found = await Promise.all(
        rejectsByFault.map(async ({ fault: number, path, count, rows }) => {
          assert.deepEqual(numbers(await walk(call, id, `fault=${number}`)), rows);
          return [path, count, rows];
        }),
      );
      assert.deepEqual(found, [
        ["/phoneNumber", 2, [20, 22]],
        ["/wabaId", 1, [22]],
      ]);
    }));
}

test("a row tells what a table shows: line, number, name, who must act, Bird's ids and its install's status", () =>
  withBatch({}, async (call, id, { producer }) => {
    const rows = await walk(call, id, "");
    const [completed, failed, open, rejected, attached] = [1, 3, 7, 20, 30].map((n) => rows[n - 1]);
    const install = await producer.installs.find(completed?.installId ?? "");
    assert.deepEqual(completed, {
      row: 1,
      line: 2,
      status: "completed",
      installStatus: "completed",
      name: "Acme 1",
      phoneNumber: requestOf(1).phoneNumber,
      workspaceId: workspaceOf(1),
      installId: install?.id,
      connectorId: install?.connectorId,
      channelId: install?.channelId,
      updatedAt: install?.updatedAt,
    });
    assert.deepEqual(
      [failed?.errorCode, failed?.actor, typeof failed?.action, failed?.installStatus],
      ["rejected_by_bird", "us", "string", "failed"],
    );
    assert.deepEqual([open?.status, open?.installStatus], ["pending", "awaiting_channel"]);
    assert.deepEqual(
      [rejected?.status, rejected?.errorCode, rejected?.actor, rejected?.phoneNumber, rejected?.line],
      ["rejected", "invalid_request", "us", "12", 21],
    );
    assert.deepEqual([attached?.isAttached, attached?.installId], [true, completed?.installId]);
    assert.equal(JSON.stringify(rows).includes("TOKEN"), false);
  }));

test("one search finds rows by any writing of a number, any id and a part of a name or number", () =>
  withBatch({}, async (call, id) => {
    const { 8: ninth, 30: thirtyFirst } = await walk(call, id, "");
    assert.ok(ninth !== undefined && thirtyFirst !== undefined);
    const cases: readonly (readonly [q: string, rows: readonly number[]])[] = [
      [requestOf(9).phoneNumber, [9]],
      ["+1 (415) 555-0109", [9]],
      ["0014155550109", [9]],
      ["555 0109", [9]],
      [requestOf(1).phoneNumber, [1, 30]],
      ["ACME 3", [3, 31, 32, 33, 34, 35, 36, 37, 38, 39]],
      [ninth.installId ?? "", [9]],
      [(ninth.installId ?? "").toLowerCase(), [9]],
      [thirtyFirst.connectorId ?? "", [31]],
      [(thirtyFirst.channelId ?? "").toUpperCase(), [31]],
      [String(requestOf(12).phoneId), [12]],
      ["nothing of the kind", []],
    ];
    for (const [q, rows] of cases)
      for (const limit of [2, 200])
        assert.deepEqual(numbers(await walk(call, id, `limit=${limit}&q=${encodeURIComponent(q)}`)), rows, q);
    assert.deepEqual(numbers(await walk(call, id, "status=failed&q=acme+3")), [3, 33]);
  }));

test("a search that fits few rows reads so many at a time, and goes on where it stopped", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { url } = await stack.startAnApi();
    const call = createApiClient(url);
    const count = rowWalkMax + 200;
    const id = await upload(
      call,
      Array.from({ length: count }, (_, n) => numberedRequest(n)),
    );
    const query = `/v1/batches/${id}/rows?q=Acme+${count - 1}`;
    const first = (await call(query)).as(pageSchema);
    assert.deepEqual([first.items, first.nextCursor], [[], String(rowWalkMax)]);
    const next = (await call(`${query}&cursor=${first.nextCursor}`)).as(pageSchema);
    assert.deepEqual([numbers(next.items), next.nextCursor], [[count], undefined]);
    const whole = (
      await call(`/v1/batches/${id}/rows?q=${numberedRequest(count - 1).phoneNumber?.slice(1)}`)
    ).as(pageSchema);
    assert.deepEqual([numbers(whole.items), whole.nextCursor], [[count], undefined]);
  }));

test("the one failed row of a million is found by bitmaps alone", () =>
  withQueue(async ({ client, keys }) => {
    const batch = keys.home().batch("B");
    await client.hset(batch, { rows: 1_000_000 });
    for (const name of ["accepted", "failed", "failed:internal"])
      await client.setbit(`${batch}:${name}`, 999_999, 1);
    await client.setbit(`${batch}:failed`, 3, 1);
    const walkRows = createWalkRows({ client, keys });
    const read = async (filter: Parameters<typeof walkRows>[1], after?: number) =>
      (await Array.fromAsync(walkRows("B", filter, after))).flat();
    assert.deepEqual(await read({ states: ["failed"] }), [3, 999_999]);
    assert.deepEqual(await read({ states: ["failed"] }, 3), [999_999]);
    assert.deepEqual(await read({ states: ["failed"] }, 999_999), []);
    assert.deepEqual(await read({ code: "internal" }), [999_999]);
    assert.deepEqual(await read({ states: ["queued"] }), []);
  }));

test("rejected rows are grouped by fault, and a corrected row leaves its fault", () =>
  withStack({ startsPaused: true }, async ({ producer }) => {
    const { batches } = producer;
    const { id } = await batches.open({ importKey: "one" }, { name: "May" });
    const reject = (row: number, errors: readonly (readonly [path: string, message: string])[]) => ({
      row,
      record: { errors: errors.map(([path, message]) => ({ path, message })), input: {} },
    });
    const mismatch = (row: number, installId: string) => ({
      row,
      record: {
        code: "number_mismatch" as const,
        errors: [
          {
            path: "/wabaId",
            message: `differs from that of install ${installId}, which has the same phoneId`,
          },
        ],
        input: {},
      },
    });
    const group = { firstRow: 1, digest: "d", workspaces: [] };
    const rows = [
      reject(1, [["/name", "is missing"]]),
      reject(2, [
        ["/name", "is missing"],
        ["/wabaId", "must be digits"],
      ]),
      mismatch(3, "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
      mismatch(4, "01ARZ3NDEKTSV4RRFFQ69G5FAW"),
    ];
    const seen = async () =>
      (await batches.faultCounts(id)).map(({ code, path, message, count, rows: first }) => [
        code,
        path,
        message,
        count,
        first,
      ]);
    const mismatched = [
      "number_mismatch",
      "/wabaId",
      "differs from that of another install, which has the same phoneId",
      2,
      [3, 4],
    ];
    for (let times = 0; times < 2; times += 1) {
      await batches.record(id, rows, group);
      assert.deepEqual(await seen(), [
        ["invalid_request", "/name", "is missing", 2, [1, 2]],
        mismatched,
        ["invalid_request", "/wabaId", "must be digits", 1, [2]],
      ]);
    }
    await batches.record(id, [rows[0] ?? mismatch(1, ""), reject(2, [["/wabaId", "must be digits"]])], group);
    assert.deepEqual(await seen(), [
      mismatched,
      ["invalid_request", "/name", "is missing", 1, [1]],
      ["invalid_request", "/wabaId", "must be digits", 1, [2]],
    ]);
    const many = Array.from({ length: 60 }, (_, n) => reject(n + 5, [[`/column ${n}`, "is not known"]]));
    await batches.record(id, many, group);
    const others = (await batches.faultCounts(id)).find(({ path }) => path === undefined);
    assert.deepEqual([others?.fault, others?.count, others?.rows], [0, 23, [42, 43]]);
  }));

test("the events of a batch carry its failures by code", () =>
  withStack({ sandbox: { faults: [3, 9].map((n) => fault(n, 422)) } }, async (stack) => {
    const { url } = await stack.startAnApi();
    const call = createApiClient(url);
    const id = await upload(call, rowsOfFile.slice(0, 12));
    const answer = await call(`/v1/batches/${id}/events`, { signal: AbortSignal.timeout(20_000) });
    const events = answer.text.split("\n").filter((line) => line.startsWith("data: "));
    const last = z
      .object({ failuresByCode: batchDetailSchema.shape.failuresByCode })
      .parse(JSON.parse(events.at(-1)?.slice("data: ".length) ?? ""));
    const [first] = last.failuresByCode;
    assert.deepEqual([first?.code, first?.count, first?.rows], ["rejected_by_bird", 2, [3, 9]]);
    assert.deepEqual(
      first?.examples.map(({ row, line }) => [row, line]),
      [
        [3, 4],
        [9, 10],
      ],
    );
    assert.equal(typeof first?.birdMessage, "string");
  }));

test("rows of a batch outside a key's workspaces are 404, and wrong filters are refused", () =>
  withTenants({ startsPaused: true }, async ({ a, operator, upload: send }) => {
    const { id } = (await send(operator, [requestIn(workspaceA, 1), requestIn(workspaceB, 2)])).as(
      batchSchema,
    );
    assert.equal((await a(`/v1/batches/${id}/rows`)).status, 404);
    assert.equal((await operator(`/v1/batches/${id}/rows`)).status, 200);
    for (const query of [
      "status=odd",
      "status=",
      "code=odd",
      "fault=x",
      "q=",
      "q=%20",
      "cursor=a",
      "limit=201",
    ])
      assert.equal((await operator(`/v1/batches/${id}/rows?${query}`)).status, 422, query);
  }));

test("batches are found by a part of their name, their status and when they were made", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { url } = await stack.startAnApi();
    const call = createApiClient(url);
    const ids = [];
    // With letters that no id has.
    for (const name of ["Juli-North", "juli-south", "June"])
      ids.push(await upload(call, [requestOf(1)], `name=${name}`));
    const [north = "", south = "", june = ""] = ids;
    await call(`/v1/batches/${june}/pause`, { method: "POST" });
    const list = async (query: string) =>
      (await call(`/v1/batches?${query}`)).as(batchPageSchema).items.map(({ id }) => id);
    const madeAt = (await call(`/v1/batches/${south}`)).as(batchDetailSchema).createdAt;
    const day = madeAt.slice(0, 10);
    for (const [query, found] of [
      ["q=JULI", [south, north]],
      ["q=juli&limit=1", [south]],
      [`q=${june.slice(-8).toLowerCase()}`, [june]],
      ["q=local", [june, south, north]],
      ["status=paused", [june]],
      ["status=running,paused&q=north", [north]],
      ["status=finished", []],
      [`createdFrom=${madeAt}`, [june, south]],
      [`createdTo=${madeAt}`, [south, north]],
      [`createdFrom=${day}&createdTo=${day}`, [june, south, north]],
      ["createdFrom=1h", [june, south, north]],
      ["createdTo=1h", []],
    ] as const)
      assert.deepEqual(await list(query), found, query);
    for (const query of ["status=odd", "q=", "createdFrom=soon", "createdTo=2026-02-30"])
      assert.equal((await call(`/v1/batches?${query}`)).status, 422, query);
  }));

test("a batch with a halt limit says which share of its installs has failed", () =>
  withStack({ sandbox: { faults: [fault(3, 422)] } }, async (stack) => {
    const { url } = await stack.startAnApi();
    const call = createApiClient(url);
    const id = await upload(
      call,
      [1, 2, 3, 4].map((n) => requestOf(n)),
      "haltAt=50",
    );
    const ended = await until("it has finished", async () => {
      const batch = (await call(`/v1/batches/${id}`)).as(batchDetailSchema);
      return batch.status === "finished" && batch;
    });
    assert.equal(ended.failedPercent, 25);
  }));

test("a batch answers the outcomes of its samples, also beside those of an earlier version", () =>
  withStack({ sandbox: { faults: [fault(3, 422)] }, startsPaused: true }, async (stack) => {
    const call = createApiClient((await stack.startAnApi()).url);
    const id = await upload(
      call,
      [1, 2, 3, 4].map((n) => requestOf(n)),
      "canary=3&haltAt=30",
    );
    const detail = async () => (await call(`/v1/batches/${id}`)).as(batchDetailSchema);
    const [first] = (await detail()).samples;
    assert.deepEqual([first?.ended, first?.failed, first?.cancelled], [0, 0, 0]);
    await stack.startAnotherWorker();
    await until("the canary has ended", async () => (await detail()).status === "paused");
    // Old enough for the next count to be a sample again, which sees three ends or four.
    const key = `${stack.keys.home().batch(id)}:samples`;
    const oldMs = Date.now() - 60_000;
    await stack.client.multi().del(key).rpush(key, `${oldMs}:0`).exec();
    await call(`/v1/batches/${id}/resume`, { method: "POST" });
    const samples = await until("the end is sampled", async () => {
      const seen = (await detail()).samples;
      return seen.length > 1 && seen;
    });
    assert.deepEqual(samples[0], { at: new Date(oldMs).toISOString(), ended: 0 });
    const { ended = 0, failed, cancelled } = samples[1] ?? {};
    assert.ok(ended === 3 || ended === 4, JSON.stringify(samples));
    assert.deepEqual({ failed, cancelled }, { failed: 1, cancelled: 0 });
    const stored = await stack.client.lrange(key, 0, -1);
    assert.equal(stored.at(-2), `${Date.parse(samples[1]?.at ?? "")}:${ended}:${failed}:${cancelled}`);
  }));
