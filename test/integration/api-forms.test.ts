import assert from "node:assert/strict";
import { request } from "node:http";
import test from "node:test";
import { batchPageSchema, dryRunSchema } from "../../src/api/batches/schema.ts";
import { problemSchema } from "../../src/api/server/problem-schema.ts";
import { batchSchema } from "../../src/install/batch.ts";
import { createApiClient } from "../support/api-client.ts";
import { ownPage, signIn } from "../support/browser.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { csvOf, numberedRequest } from "../support/upload.ts";
import { rowOf, workbookOf } from "../support/workbook.ts";
import { keys } from "./tenants-fixture.ts";

const token = "EAAGformCANARYtoken1234567890";

type Field = readonly [name: string, value: string];

const formOf = (
  fields: readonly Field[],
  file: string | Buffer<ArrayBuffer>,
  name = "numbers.csv",
  type = "text/csv",
) => {
  const form = new FormData();
  for (const [field, value] of fields) form.append(field, value);
  form.append("file", new Blob([file], { type }), name);
  return form;
};

type Send = (
  query: string,
  form: FormData,
  headers?: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly text: string; readonly body: unknown }>;

const sendTo =
  (url: string): Send =>
  async (query, body, headers = {}) => {
    const response = await fetch(`${url}/v1/batches${query}`, { method: "POST", body, headers });
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) };
  };

const withForms = (run: (send: Send, stack: Stack & { readonly url: string }) => Promise<void>) =>
  withStack({ startsPaused: true }, async (stack) => {
    const { url } = await stack.startAnApi();
    await run(sendTo(url), { ...stack, url });
  });

const { accessToken: _, workspaceId, ...plain } = numberedRequest(1);
const theirs = `Bezeichnung;WABA;Meta phone id;Rufnummer\n${plain.name};${plain.wabaId};${plain.phoneId};${plain.phoneNumber}\n`;
const mapping: readonly Field[] = [
  ["map", "Rufnummer=phoneNumber"],
  ["map", "Bezeichnung=name"],
];

test("a form maps and fills columns, and its token is shown nowhere", () =>
  withForms(async (send, { url }) => {
    const fields: readonly Field[] = [
      ...mapping,
      ["defaults", JSON.stringify({ "Workspace ID": workspaceId, priority: "bulk", reinstall: false })],
      ["accessToken", ` ${token}\n`],
    ];
    const told = await send("?dryRun=true", formOf(fields, theirs));
    assert.equal(told.status, 200, told.text);
    const { created, file } = dryRunSchema.parse(told.body);
    assert.deepEqual([created, file.delimiter], [1, ";"]);
    const made = await send("?name=march", formOf(fields, theirs));
    assert.equal(made.status, 202, made.text);
    const { id, accepted, name } = batchSchema.parse(made.body);
    assert.deepEqual([accepted, name], [1, "march"]);
    const results = await (await fetch(`${url}/v1/batches/${id}/results?format=csv`)).text();
    assert.match(results, /;priority;reinstall/);
    for (const text of [told.text, made.text, results]) assert.doesNotMatch(text, /CANARY/);
  }));

test("a form is judged as the same file that is sent as it is", () =>
  withForms(async (send, { url }) => {
    const text = csvOf([
      numberedRequest(1),
      numberedRequest(1),
      { ...numberedRequest(2), phoneNumber: "1", name: "" },
    ]);
    const headers = { "content-type": "text/csv" };
    const plainly = await createApiClient(url)("/v1/batches?dryRun=true", { text, headers });
    const byForm = await send("?dryRun=true", formOf([], text));
    assert.deepEqual(byForm.body, JSON.parse(plainly.text));
  }));

test("the name of the file, else its type, else its content says the format", () =>
  withForms(async (send) => {
    const row = numberedRequest(1);
    const columns = Object.keys(row);
    const table = rowOf(columns) + rowOf(Object.values(row).map(String));
    const book = Buffer.from(
      await workbookOf([
        { name: "Notes", rows: "" },
        { name: "May", rows: table },
      ]),
    );
    const csv = csvOf([row]);
    const ndjson = `${JSON.stringify(row)}\n`;
    for (const [file, name, type, format] of [
      [book, "numbers.xlsx", "application/octet-stream", "xlsx"],
      [book, "numbers.csv", "text/csv", "xlsx"],
      [csv, "numbers.csv", "application/vnd.ms-excel", "csv"],
      [csv, "numbers", "text/csv", "csv"],
      [csv, "numbers", "application/octet-stream", "csv"],
      [ndjson, "numbers.jsonl", "application/octet-stream", "ndjson"],
      [ndjson, "numbers", "", "ndjson"],
    ] as const) {
      const told = await send(
        "?dryRun=true",
        formOf(format === "xlsx" ? [["sheet", "May"]] : [], file, name, type),
      );
      assert.equal(told.status, 200, `${name} ${type}: ${told.text}`);
      const { file: read, created } = dryRunSchema.parse(told.body);
      assert.deepEqual([read.format, created], [format, 1], name);
    }
  }));

test("a form of another encoding, in many rows, is read whole", () =>
  withForms(async (send) => {
    const rows = Array.from({ length: 1200 }, (_, n) => ({ ...numberedRequest(n), name: `Café ${n}` }));
    const file = Buffer.from(csvOf(rows), "latin1");
    const refused = await send("", formOf([], file));
    assert.match(problemSchema.parse(refused.body).detail, /Send the field encoding=windows-1252/);
    const made = await send("", formOf([["encoding", "windows-1252"]], file));
    assert.equal(batchSchema.parse(made.body).accepted, 1200);
  }));

test("what is wrong with a form is said without its values, and nothing is enqueued", () =>
  withForms(async (send, { url }) => {
    const csv = csvOf([numberedRequest(1)]);
    const late = formOf([], csv);
    late.append("accessToken", token);
    const two = formOf([], csv);
    two.append("file", new Blob([csv]), "more.csv");
    const without = new FormData();
    without.append("accessToken", token);
    const cases: readonly (readonly [string, FormData, number, RegExp])[] = [
      ["late", late, 422, /goes on after the file: put the file last/],
      ["two", two, 422, /goes on after the file/],
      ["none", without, 422, /The form has no file/],
      ["unknown", formOf([["accesToken", token]], csv), 422, /\/accesToken/],
      [
        "twice",
        formOf(
          [
            ["accessToken", token],
            ["accessToken", token],
          ],
          csv,
        ),
        422,
        /\/accessToken.*must be given once/,
      ],
      ["placeholder", formOf([["accessToken", "null"]], csv), 422, /accessToken is a placeholder/],
      ["wrong token", formOf([["accessToken", `${token} ${token}`]], csv), 422, /\/accessToken/],
      ["secret in set", formOf([["set", `accessToken=${token}`]], csv), 422, /set does not take accessToken/],
      [
        "wrong default",
        formOf([["defaults", `{"phoneNumber":"${token}"}`]], csv),
        422,
        /defaults phoneNumber must be/,
      ],
      [
        "unknown default",
        formOf([["defaults", `{"${token}":"x"}`]], csv),
        422,
        /defaults must be an object of values/,
      ],
      ["no JSON", formOf([["defaults", `{"accessToken":"${token}`]], csv), 422, /\/defaults.*JSON object/],
      ["nested", formOf([["defaults", `{"accessToken":{"a":"${token}"}}`]], csv), 422, /must be a text/],
      ["list", formOf([["defaults", `["${token}"]`]], csv), 422, /JSON object/],
      [
        "both",
        formOf(
          [
            ["defaults", `{"accessToken":"${token}"}`],
            ["accessToken", token],
          ],
          csv,
        ),
        422,
        /given elsewhere too/,
      ],
      ["map", formOf([["map", token]], csv), 422, /map must be/],
      ["encoding", formOf([["encoding", token]], csv), 422, /\/encoding/],
      ["long", formOf([["accessToken", token.repeat(20_000)]], csv), 400, /of 256 KiB together/],
      [
        "many",
        formOf(
          Array.from({ length: 300 }, (): Field => ["map", "a=name"]),
          csv,
        ),
        400,
        /at most 200 fields/,
      ],
      ["prototype", formOf([["__proto__", token]], csv), 422, /cannot be read/],
    ];
    for (const [what, form, status, pattern] of cases) {
      const refused = await send("", form);
      assert.equal(refused.status, status, `${what}: ${refused.text}`);
      assert.match(refused.text, pattern, what);
      assert.doesNotMatch(refused.text, /CANARY/, what);
      problemSchema.parse(refused.body);
    }
    const twice = await send("?workspace=x&sheet=a", formOf([["sheet", "b"]], csv));
    assert.match(
      problemSchema.parse(twice.body).detail,
      /The form has sheet, which the query or a header has too/,
    );
    const inHeader = await send("", formOf([["accessToken", token]], csv), { "perch-access-token": token });
    assert.match(inHeader.text, /The form has accessToken/);
    for (const body of [
      "",
      "--x",
      "--x\r\nno header",
      `--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n${csv}`,
    ])
      for (const type of ["multipart/form-data", "multipart/form-data; boundary=x"]) {
        const response = await fetch(`${url}/v1/batches`, {
          method: "POST",
          body,
          headers: { "content-type": type },
        });
        assert.ok([400, 422].includes(response.status), `${type} ${body}: ${response.status}`);
        problemSchema.parse(await response.json());
      }
    assert.deepEqual((await createApiClient(url)("/v1/batches")).as(batchPageSchema).items, []);
  }));

test("a form, which a page of another site can send without asking, needs what every change needs", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi({ keys });
    const { cookie } = await signIn(url, "operator-key");
    const form = () => formOf([], csvOf([numberedRequest(1)]));
    const own = ownPage(url);
    for (const headers of [
      { cookie },
      { cookie, origin: own.origin },
      { ...own, cookie, origin: "https://evil.example" },
    ])
      assert.equal((await sendTo(url)("", form(), headers)).status, 403);
    assert.equal((await sendTo(url)("", form())).status, 401);
    assert.equal((await sendTo(url)("", form(), { ...own, cookie })).status, 202);
    const { url: open } = await startAnApi();
    assert.equal((await sendTo(open)("", form(), { origin: "https://evil.example" })).status, 403);
  }));

test("cells are edited by row, and judged like any other", () =>
  withForms(async (send, { url }) => {
    const wrong = { ...numberedRequest(2), phoneNumber: "+1 415", name: "" };
    const csv = `${csvOf([numberedRequest(1), wrong, numberedRequest(3)])}x\n`;
    const told = async (edits: unknown) =>
      dryRunSchema.parse((await send("?dryRun=true", formOf([["edits", JSON.stringify(edits)]], csv))).body);
    const faultsOf = ({ errors }: Awaited<ReturnType<typeof told>>) =>
      errors.map(({ row, errors: issues }) => [row, issues.map(({ path }) => path).sort()]);
    assert.deepEqual(faultsOf(await told([])), [
      [2, ["/name", "/phoneNumber"]],
      [4, [""]],
    ]);
    const { phoneNumber } = numberedRequest(2);
    const half = await told([{ row: 2, values: { phone_number: phoneNumber } }]);
    assert.deepEqual(faultsOf(half)[0], [2, ["/name"]]);
    const worse = await told([{ row: 1, values: { name: "", wabaId: "1.02E+14" } }]);
    assert.deepEqual(faultsOf(worse)[0], [1, ["/name", "/wabaId"]]);
    const edits = [
      { row: 2, values: { phoneNumber, name: "Corrected" } },
      { row: 4, values: numberedRequest(4) },
    ];
    const { created, rejected } = await told(edits);
    assert.deepEqual([created, rejected], [4, 0]);
    const { accessToken, ...withoutToken } = numberedRequest(4);
    const fields: readonly Field[] = [
      ["edits", JSON.stringify([{ row: 4, values: withoutToken }])],
      ["accessToken", accessToken],
    ];
    const filled = dryRunSchema.parse((await send("?dryRun=true", formOf(fields, csv))).body);
    assert.deepEqual(faultsOf(filled), [[2, ["/name", "/phoneNumber"]]]);
    const made = await send("", formOf([["edits", JSON.stringify(edits)]], csv));
    assert.equal(batchSchema.parse(made.body).accepted, 4);
    assert.match((await createApiClient(url)("/v1/installs")).text, /"name":"Corrected"/);
    for (const [given, pattern] of [
      ["[", /\/edits.*JSON list/],
      [`[{"row":0,"values":{}}]`, /\/edits\/0\/row/],
      [`[{"row":1,"values":{"${token}":"x"}}]`, /edits has a value for row 1 that is none/],
      [`[{"row":1,"values":{}},{"row":1,"values":{}}]`, /edits has row 1 more than once/],
      [`[{"row":2,"values":{"accessToken":"${token} ${token}"}}]`, /"rejected":2/],
      [
        `[{"row":99,"values":{"accessToken":"${token}"}},{"row":5,"values":{}}]`,
        /edits has values for row 5, 99, which the file does not have: its last row is 4/,
      ],
    ] as const) {
      const { text } = await send("?dryRun=true", formOf([["edits", given]], csv));
      assert.match(text, pattern);
      assert.doesNotMatch(text, /CANARY/);
    }
  }));

test("an import that edits a row which the file does not have is refused, and nothing of it is enqueued", () =>
  withForms(async (send, { producer }) => {
    const edits = JSON.stringify([{ row: 3, values: { name: "Nobody" } }]);
    const { status, text } = await send("", formOf([["edits", edits]], csvOf([1, 2].map(numberedRequest))));
    assert.equal(status, 422);
    assert.match(text, /edits has values for row 3, which the file does not have: its last row is 2/);
    assert.deepEqual((await producer.installs.list({ limit: 10 })).items, []);
  }));

test("a form that is cut off goes on when it is sent again", () =>
  withForms(async (_send, { url }) => {
    const csv = csvOf(Array.from({ length: 700 }, (_, n) => numberedRequest(n)));
    const head = `--x\r\ncontent-disposition: form-data; name="sheet"\r\n\r\nnone\r\n--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n`;
    const outgoing = request(`${url}/v1/batches`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x", "transfer-encoding": "chunked" },
    });
    outgoing.on("error", () => undefined).write(head + csv.slice(0, csv.length - 2000));
    const call = createApiClient(url);
    const begun = await until("the batch is visible", async () => {
      const [batch] = (await call("/v1/batches")).as(batchPageSchema).items;
      return batch !== undefined && batch.rows >= 500 && batch;
    });
    outgoing.destroy();
    const again = await fetch(`${url}/v1/batches`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: `${head}${csv}\r\n--x--\r\n`,
    });
    const whole = batchSchema.parse(await again.json());
    assert.deepEqual([whole.id, whole.rows, whole.accepted], [begun.id, 700, 700]);
  }));

test("a form may skip unknown columns, by its own field or by the query", () =>
  withForms(async (send) => {
    const file = csvOf([numberedRequest(1)])
      .replace("\n", ",note\n")
      .replace(/\n$/, ",x\n");
    assert.equal((await send("?dryRun=true", formOf([], file))).status, 422);
    const fields: readonly Field[] = [["ignoreUnknownColumns", "true"]];
    assert.equal((await send("?dryRun=true", formOf(fields, file))).status, 200);
    assert.equal((await send("?dryRun=true&ignoreUnknownColumns=true", formOf([], file))).status, 200);
  }));
