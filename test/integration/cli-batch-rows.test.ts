import assert from "node:assert/strict";
import test from "node:test";
import { type BatchesArgs, batchesCommand } from "../../src/cli/batch/batches.ts";
import { type BatchRowsArgs, batchRowsCommand } from "../../src/cli/batch/rows.ts";
import { importCommand } from "../../src/cli/import/import.ts";
import { createApiClient } from "../support/api-client.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";
import { header, line } from "../unit/producer/read-harness.ts";

const importFile = async ({ producer }: Stack, name: string, lines: readonly string[]): Promise<string> => {
  const io = createTestIo({ stdin: `${header}\n${lines.map((each) => `${each}\n`).join("")}` });
  const args = { file: "-", name, dryRun: false, watch: false, ignoreUnknownColumns: false, json: true };
  await importCommand({ io, producer }, args);
  const { items } = await producer.batches.list({ limit: 1 });
  return items[0]?.id ?? assert.fail(io.err());
};

const rowsOf = async ({ producer }: Stack, id: string, args: Partial<BatchRowsArgs> = {}) => {
  const io = createTestIo();
  const code = await batchRowsCommand({ io, producer }, { limit: 50, json: false, ...args, id });
  return { code, out: io.out(), err: io.err() };
};

const batchesOf = async ({ producer }: Stack, args: Partial<BatchesArgs> = {}) => {
  const io = createTestIo();
  const code = await batchesCommand({ io, producer }, { limit: 20, json: false, ...args });
  return { code, out: io.out(), err: io.err() };
};

const refused = {
  times: "always",
  phoneNumber: "+14155550102",
  fault: { kind: "status", status: 422 },
} as const;

test("the rows of a batch are listed by status, code and text, as the API lists them", () =>
  withStack({ sandbox: { faults: [refused] } }, async (stack) => {
    const id = await importFile(stack, "May", [
      line(1),
      line(2),
      line(3).replace("+14155550103", "12"),
      line(4),
    ]);
    await until(
      "the batch has ended",
      async () => (await stack.producer.batches.find(id))?.status === "finished",
    );

    const all = await rowsOf(stack, id);
    assert.equal(all.code, 0);
    const [title = "", first = "", second = "", third = ""] = all.out.split("\n");
    assert.match(title, /^row +number +name +status +install +age +code +message$/);
    assert.match(first, /^1 +\+14155550101 +.+ completed +\w{8} +\d+s$/);
    assert.match(second, /^2 +\+14155550102 +.+ failed +\w{8} +\d+s +rejected_by_bird +Bird refused/);
    assert.match(third, /^3 +12 +.+ rejected +\w+ +phoneNumber must be/);

    const { url } = await stack.startAnApi();
    const api = createApiClient(url);
    for (const [args, query, rows] of [
      [{}, "", [1, 2, 3, 4]],
      [{ status: ["failed", "rejected"] }, "status=failed,rejected", [2, 3]],
      [{ code: "rejected_by_bird" }, "code=rejected_by_bird", [2]],
      [{ search: " 0104 " }, "q=0104", [4]],
      [{ status: ["cancelled"] }, "status=cancelled", []],
      [{ limit: 2 }, "limit=2", [1, 2]],
      [{ limit: 2, cursor: "2" }, "limit=2&cursor=2", [3, 4]],
    ] as const) {
      const page = JSON.parse((await rowsOf(stack, id, { ...args, json: true })).out);
      assert.deepEqual(
        page.items.map(({ row }: { row: number }) => row),
        rows,
        query,
      );
      assert.deepEqual(page, (await api(`/v1/batches/${id}/rows?${query}`)).body, query);
    }

    const page = await rowsOf(stack, id, { limit: 1 });
    assert.match(page.out, /\nnext page: --cursor 1\n$/);
    assert.equal((await rowsOf(stack, id, { status: ["cancelled"] })).err, "No rows.\n");
  }));

test("wrong options of the rows, and a batch that does not exist, are refused", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const id = await importFile(stack, "May", [line(1)]);
    for (const [args, sentence] of [
      [{ limit: 0 }, /^--limit must be/],
      [{ cursor: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }, /^--cursor must be/],
      [{ code: "no_such" }, /^--code must be one of/],
      [{ search: " " }, /^--search must not be empty/],
    ] as const) {
      const answer = await rowsOf(stack, id, args);
      assert.equal(answer.code, 2);
      assert.match(answer.err, sentence);
    }
    const unknown = await rowsOf(stack, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /01ARZ3NDEKTSV4RRFFQ69G5FAV/);
  }));

test("perch batches lists those of a status, and those with a text in their name", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const march = await importFile(stack, "March A", [line(1)]);
    const rejected = await importFile(stack, "march b", [line(2).replace("+14155550102", "12")]);
    await importFile(stack, "May", [line(3)]);
    const ids = async (args: Partial<BatchesArgs>) =>
      JSON.parse((await batchesOf(stack, { ...args, json: true })).out).items.map(
        ({ id }: { id: string }) => id,
      );
    assert.deepEqual(await ids({ name: "MARCH" }), [rejected, march]);
    assert.deepEqual(await ids({ name: "march", status: ["finished"] }), [rejected]);
    assert.deepEqual(await ids({ status: ["paused", "importing"] }), []);
    assert.equal((await batchesOf(stack, { name: "June" })).err, "No such batches.\n");
    assert.equal((await batchesOf(stack, { name: " " })).code, 2);
  }));
