import assert from "node:assert/strict";
import { access, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { installError } from "../../../src/install/errors/install-error.ts";
import type { Install } from "../../../src/install/install.ts";
import { inputColumns } from "../../../src/producer/put/columns.ts";
import { validateRow } from "../../../src/producer/put/enqueue-rows.ts";
import { resultsText, writeResults } from "../../../src/producer/results/file.ts";
import { type ResultRow, resultRows } from "../../../src/producer/results/rows.ts";
import type { BatchRow } from "../../../src/queue/batches/rows.ts";
import { input, readAll } from "./read-harness.ts";

const at = "2026-01-01T00:00:00.000Z";
const { accessToken: _, ...shown } = input(1);
const install = (id: string, change: Partial<Install>): Install => ({
  workspaceId: String(shown.workspaceId),
  name: "Shop, one",
  wabaId: "1234567890",
  phoneId: "2000001",
  phoneNumber: "+14155550101",
  id,
  status: "queued",
  attempts: 1,
  createdAt: at,
  updatedAt: at,
  ...change,
});

const installs = new Map(
  [
    install("I1", { status: "completed", connectorId: "C1", channelId: "H1" }),
    install("I2", { status: "failed", connectorId: "C2", error: installError({ code: "rejected_by_bird" }) }),
    install("I3", { status: "cancelled", error: installError({ code: "cancelled" }) }),
    install("I4", { status: "held", metadata: { customer: "42" }, channelConversationalStatusEnabled: true }),
  ].map((one) => [one.id, one]),
);

const records: BatchRow[] = [
  { row: 1, record: { installId: "I1", attached: false } },
  {
    row: 2,
    record: {
      errors: [
        { path: "/name", message: "must not be empty" },
        { path: "/phoneId", message: "must be digits" },
      ],
      input: {
        name: "=SUM(1)",
        phoneNumber: "+1 415",
        channelConversationalStatusEnabled: "true",
        metadata: '{"a":"b"}',
      },
    },
  },
  { row: 3, record: { installId: "I2", attached: true } },
  { row: 4, record: { installId: "I3", attached: false } },
  { row: 5, record: { installId: "I4", attached: false } },
  { row: 6, record: { installId: "I5", attached: false } },
];

const deps = (rows: readonly BatchRow[] = records) => ({
  batches: {
    async *rows() {
      yield* rows;
    },
  },
  installs: { findMany: async (ids: readonly string[]) => ids.map((id) => installs.get(id)) },
});

const textOf = async (rows: AsyncIterable<ResultRow>, format: "csv" | "ndjson"): Promise<string> =>
  (await Array.fromAsync(resultsText(rows, format))).join("");

describe("results of a batch", () => {
  it("are one row an input row, in their order, with what to do next", async () => {
    const rows = await Array.fromAsync(resultRows(deps(), "B"));
    assert.deepEqual(
      rows.map(({ row, status, installId, connectorId, channelId, errorCode }) => [
        row,
        status,
        installId,
        connectorId,
        channelId,
        errorCode,
      ]),
      [
        [1, "completed", "I1", "C1", "H1", undefined],
        [2, "rejected", undefined, undefined, undefined, "invalid_request"],
        [3, "failed", "I2", "C2", undefined, "rejected_by_bird"],
        [4, "cancelled", "I3", undefined, undefined, "cancelled"],
        [5, "pending", "I4", undefined, undefined, undefined],
        [6, "failed", "I5", undefined, undefined, undefined],
      ],
    );
    assert.equal(rows[1]?.errorMessage, "name must not be empty; phoneId must be digits");
    assert.equal(rows[1]?.action, "Correct the named members and send it again.");
    assert.match(String(rows[2]?.action), /^Compare the WABA id/);
    assert.match(String(rows[5]?.action), /^Look for the number/);
  });

  it("are read group by group for a large batch", async () => {
    const many = Array.from({ length: 1001 }, (_one, index) => ({
      row: index + 1,
      record: { installId: "I1", attached: false },
    }));
    const groups: number[] = [];
    const { batches } = deps(many);
    const findMany = async (ids: readonly string[]) => {
      groups.push(ids.length);
      return ids.map((id) => installs.get(id));
    };
    const rows = await Array.fromAsync(resultRows({ batches, installs: { findMany } }, "B"));
    assert.equal(rows.length, 1001);
    assert.deepEqual(groups, [250, 250, 250, 250, 1]);
  });
});

describe("a results file", () => {
  it("as CSV has a byte order mark, all columns and no cell that a spreadsheet would run or change", async () => {
    const lines = (await textOf(resultRows(deps(), "B"), "csv")).split("\n");
    assert.deepEqual(lines.slice(0, 3), [
      "\ufeffrow,status,installId,connectorId,channelId,errorCode,errorMessage,action,birdMessage,line,workspaceId,name,wabaId,phoneId,phoneNumber,mbPhoneId,channelConversationalStatusEnabled,reinstall,priority,metadata,callbackUrl",
      `1,completed,I1,C1,H1,,,,,,${shown.workspaceId},"Shop, one",'1234567890,'2000001,'+14155550101,,,,,,`,
      `2,rejected,,,,invalid_request,name must not be empty; phoneId must be digits,Correct the named members and send it again.,,,,'=SUM(1),,,'+1 415,,true,,,"{""a"":""b""}",`,
    ]);
    assert.match(lines[5] ?? "", /,true,,,"{""customer"":""42""}",$/);
  });

  it("as CSV has the input's separator and, after the fixed columns, only the input's", async () => {
    const input = { delimiter: ";", columns: ["phoneNumber", "name"] };
    const text = (await Array.fromAsync(resultsText(resultRows(deps(), "B"), "csv", input))).join("");
    const lines = text.split("\n");
    assert.equal(
      lines[0],
      "\ufeffrow;status;installId;connectorId;channelId;errorCode;errorMessage;action;birdMessage;line;phoneNumber;name",
    );
    assert.equal(lines[1], "1;completed;I1;C1;H1;;;;;;'+14155550101;Shop, one");
  });

  it("has the line of each row, and the own input of a row that is attached to another install", async () => {
    const own = { ...inputColumns(shown), name: "Shop, two", phoneNumber: "+14155550102" };
    const rows = await Array.fromAsync(
      resultRows(deps([{ row: 6, line: 9, own, record: { installId: "I1", attached: true } }]), "B"),
    );
    assert.deepEqual(
      rows.map(({ line, status, input: { name, phoneNumber } }) => [line, status, name, phoneNumber]),
      [[9, "completed", "Shop, two", "+14155550102"]],
    );
  });

  it("as NDJSON has typed members and leaves out absent ones", async () => {
    const lines = (await textOf(resultRows(deps(), "B"), "ndjson")).trimEnd().split("\n");
    assert.deepEqual(JSON.parse(lines[0] ?? ""), {
      row: 1,
      status: "completed",
      installId: "I1",
      connectorId: "C1",
      channelId: "H1",
      ...shown,
      name: "Shop, one",
    });
    const { errorMessage: _message, action: _action, ...rejected } = JSON.parse(lines[1] ?? "");
    assert.deepEqual(rejected, {
      row: 2,
      status: "rejected",
      errorCode: "invalid_request",
      name: "=SUM(1)",
      phoneNumber: "+1 415",
      channelConversationalStatusEnabled: true,
      metadata: { a: "b" },
    });
  });

  for (const format of ["csv", "ndjson"] as const) {
    it(`as ${format} is an import file again once its failed rows have their token`, async () => {
      const good = {
        ...input(1),
        name: '=Shop, "one"\n\'+two',
        metadata: { customer: "-42" },
        channelConversationalStatusEnabled: false,
      };
      const validated = validateRow({ row: 1, input: good });
      assert.ok("request" in validated);
      const { accessToken, ...stored } = validated.request;
      const failed = install("I9", {
        ...stored,
        status: "failed",
        error: installError({ code: "rate_limited" }),
      });
      installs.set("I9", failed);
      const text = await textOf(
        resultRows(deps([{ row: 1, record: { installId: "I9", attached: false } }]), "B"),
        format,
      );
      const lines = text.trimEnd().split(format === "csv" ? /\n(?=\d+,failed)/ : "\n");
      const withToken =
        format === "csv"
          ? `${lines[0]},accessToken\n${lines[1]},${accessToken}\n`
          : JSON.stringify({ ...JSON.parse(lines[0] ?? ""), accessToken });
      const [read] = await readAll(withToken, { format });
      assert.ok(read !== undefined);
      assert.deepEqual(validateRow(read), validated);
    });
  }

  it("is written whole or not at all, and replaces an older one only in the end", async () => {
    const folder = await mkdtemp(join(tmpdir(), "perch-test-"));
    try {
      const file = { path: join(folder, "results.csv"), format: "csv" } as const;
      await writeFile(file.path, "old");
      async function* broken(): AsyncGenerator<ResultRow> {
        yield* resultRows(deps(), "B");
        throw new Error("Redis is away");
      }
      await assert.rejects(writeResults(broken(), file), /Redis is away/);
      assert.equal(await readFile(file.path, "utf8"), "old");
      await writeResults(resultRows(deps(), "B"), file);
      assert.match(await readFile(file.path, "utf8"), /^\ufeffrow,status/);
      assert.deepEqual(await readdir(folder), ["results.csv"]);
      await assert.rejects(
        writeResults(resultRows(deps(), "B"), { ...file, path: join(folder, "no", "x.csv") }),
      );
      await assert.rejects(access(join(folder, "no")));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
