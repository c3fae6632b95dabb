import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { apiDocument } from "../../../docs/api-document.ts";
import { batchEvent } from "../../../src/api/batches/events.ts";
import { installEvent } from "../../../src/api/installs/events.ts";
import { eventsOf, type StateEvent } from "../../../src/api/server/event-stream.ts";
import { statsEvent } from "../../../src/api/stats.ts";
import { batchSchema } from "../../../src/install/batch.ts";
import { parseInput } from "../../../src/install/errors/input-error.ts";
import { installWithTimelineSchema } from "../../../src/install/install.ts";
import { installRequestSchema } from "../../../src/install/request.ts";
import { statsSchema } from "../../../src/install/stats.ts";
import { resultColumns } from "../../../src/producer/put/columns.ts";
import { resultsText } from "../../../src/producer/results/file.ts";
import type { ResultRow } from "../../../src/producer/results/rows.ts";
import { documentSchema, routesOf } from "../../support/openapi.ts";
import { readAll } from "../producer/read-harness.ts";

const routes = routesOf(documentSchema.parse(await apiDocument()));

const routeOf = (operationId: string) =>
  routes.find((route) => route.operationId === operationId) ?? assert.fail(operationId);

const answerExample = (operationId: string, type: string): string =>
  z.string().parse(routeOf(operationId).responses["200"]?.content[type]?.example);

const ndjson = answerExample("getBatchResults", "application/x-ndjson");
const csv = answerExample("getBatchResults", "text/csv");

const rowSchema = z.looseObject({
  row: z.int(),
  status: z.enum(["completed", "failed", "rejected", "cancelled", "pending"]),
});

/** The rows of the NDJSON example, as results have them before they are written. */
async function* exampleRows(): AsyncGenerator<ResultRow> {
  const names: ReadonlySet<string> = new Set(resultColumns);
  for (const line of ndjson.trim().split("\n")) {
    const { row, status, ...others } = rowSchema.parse(JSON.parse(line));
    const part = (isResult: boolean) =>
      Object.fromEntries(Object.entries(others).filter(([name]) => names.has(name) === isResult));
    yield { row, status, ...part(true), input: part(false) };
  }
}

const columns = ["workspaceId", "name", "wabaId", "phoneId", "phoneNumber"];

const written = async (format: "csv" | "ndjson"): Promise<string> =>
  (await Array.fromAsync(resultsText(exampleRows(), format, { columns }))).join("");

test("the examples of results are what the writer of results writes", async () => {
  assert.equal(await written("ndjson"), ndjson);
  assert.equal(await written("csv"), csv);
});

test("the reader of uploads reads both examples of results as the same rows", async () => {
  const columns = { map: new Map(), fill: { accessToken: "EAAG-long-lived-token" } };
  const rows = await readAll(csv, { format: "csv", columns });
  assert.deepEqual(rows, await readAll(ndjson, { format: "ndjson", columns }));
  const [completed] = rows;
  assert.ok(completed !== undefined && "input" in completed);
  parseInput(installRequestSchema, completed.input);
});

/** The example of a stream's events, and what is sent of the states in it. */
const resent = async <T>(
  operationId: string,
  schema: z.ZodType<T>,
  toEvent: (state: T) => StateEvent,
): Promise<{ readonly example: string; readonly sent: string }> => {
  const example = answerExample(operationId, "text/event-stream");
  const datas = [...example.matchAll(/^data: (.+)$/gm)].map(([, data = ""]) => JSON.parse(data));
  async function* states() {
    yield* datas.map((data) => schema.parse(data));
  }
  return { example, sent: (await Array.fromAsync(eventsOf(states(), { toEvent }))).join("") };
};

/** Events with their data as objects: the order of members says nothing. */
const parsed = (events: string) =>
  events.split("\n").map((line) => (line.startsWith("data: ") ? JSON.parse(line.slice(6)) : line));

test("the examples of events are what a batch and an install send while they run and when they end", async () => {
  const batch = await resent("followBatch", batchSchema.strict(), batchEvent);
  assert.deepEqual(parsed(batch.sent), parsed(batch.example));
  const stats = await resent("followStats", statsSchema.strict(), statsEvent);
  assert.deepEqual(parsed(stats.sent), parsed(stats.example));
  const install = await resent("followInstall", installWithTimelineSchema.strict(), installEvent);
  assert.deepEqual(parsed(install.sent), parsed(install.example));
});

const formats = { "text/csv": "csv", "application/x-ndjson": "ndjson" } as const;

for (const [type, format] of Object.entries(formats))
  test(`each example of an upload of ${type} is read as rows that are valid requests`, async () => {
    const { examples = {} } = routeOf("createBatch").requestBody?.content[type] ?? {};
    assert.equal(Object.keys(examples).length, 2);
    for (const { value } of Object.values(examples)) {
      const rows = await readAll(z.string().parse(value), { format });
      assert.equal(rows.length, 1);
      for (const row of rows) parseInput(installRequestSchema, "input" in row ? row.input : assert.fail());
    }
  });
