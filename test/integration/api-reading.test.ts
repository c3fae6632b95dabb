import assert from "node:assert/strict";
import test from "node:test";
import { workbookType } from "../../src/api/batches/reading.ts";
import { batchPageSchema, dryRunSchema } from "../../src/api/batches/schema.ts";
import { problemSchema } from "../../src/api/server/problem-schema.ts";
import { batchSchema } from "../../src/install/batch.ts";
import { createApiClient } from "../support/api-client.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { csvOf, numberedRequest } from "../support/upload.ts";
import { rowOf, workbookOf } from "../support/workbook.ts";

type Send = (
  query: string,
  body: string | Buffer<ArrayBuffer>,
  headers?: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly body: unknown }>;

const withUploads = (run: (send: Send, stack: Stack & { readonly url: string }) => Promise<void>) =>
  withStack({ startsPaused: true }, async (stack) => {
    const { url } = await stack.startAnApi();
    const send: Send = async (query, body, headers = {}) => {
      const response = await fetch(`${url}/v1/batches${query}`, {
        method: "POST",
        body,
        headers: { "content-type": "text/csv", ...headers },
      });
      return { status: response.status, body: await response.json() };
    };
    await run(send, { ...stack, url });
  });

const latin = (text: string): Buffer<ArrayBuffer> => Buffer.from(text, "latin1");
const file = csvOf([{ ...numberedRequest(1), name: "Müller" }]);

test("an upload in Windows-1252 is read by its charset or by the query", () =>
  withUploads(async (send, { url }) => {
    const byType = await send("", latin(file), { "content-type": "text/csv; charset=ISO-8859-1" });
    assert.equal(byType.status, 202);
    assert.equal((await send("?encoding=windows-1252", latin(file))).status, 202);
    const installs = await (await fetch(`${url}/v1/installs`)).text();
    assert.match(installs, /"name":"Müller"/);
    const unknown = await send("", latin(file), { "content-type": "text/csv; charset=koi8-r" });
    assert.equal(unknown.status, 415);
    assert.match(problemSchema.parse(unknown.body).detail, /charset .* windows-1252/);
    assert.equal((await send("?encoding=koi8-r", latin(file))).status, 422);
  }));

test("an upload with a wrong byte in its last row is refused before anything is enqueued", () =>
  withUploads(async (send, { url }) => {
    const many = Array.from({ length: 700 }, (_, n) => numberedRequest(n));
    const refused = await send("", latin(csvOf([...many, { ...numberedRequest(700), name: "Müller" }])));
    assert.equal(refused.status, 422);
    assert.match(
      problemSchema.parse(refused.body).detail,
      /line 702 .* Send encoding=windows-1252 in the query/,
    );
    assert.deepEqual((await createApiClient(url)("/v1/batches")).as(batchPageSchema).items, []);
  }));

test("columns are mapped and filled by the query, and the token by a header", () =>
  withUploads(async (send, { url }) => {
    const { accessToken, workspaceId, ...others } = numberedRequest(1);
    const text = `Bezeichnung;waba_id;phone_number_id;Rufnummer\n${others.name};${others.wabaId};${others.phoneId};${others.phoneNumber}\n`;
    const query = `?map=Rufnummer%3DphoneNumber&map=Bezeichnung=name&workspace=${workspaceId}&set=reinstall=false`;
    const made = await send(query, text, { "perch-access-token": accessToken });
    assert.equal(made.status, 202, JSON.stringify(made.body));
    const { id, accepted } = batchSchema.parse(made.body);
    assert.equal(accepted, 1);
    const results = await (await fetch(`${url}/v1/batches/${id}/results?format=csv`)).text();
    assert.match(results, /;line;name;wabaId;phoneId;phoneNumber;reinstall;workspaceId\n/);
    assert.doesNotMatch(results, new RegExp(accessToken));
  }));

test("what is wrong with a map, a value or the token is said before the file is read", () =>
  withUploads(async (send) => {
    for (const [query, headers, detail] of [
      ["?map=Rufnummer", {}, /^map must be "Their column=ours"/],
      ["?set=accessToken=EAAGsecret", {}, /^set does not take accessToken, which is secret/],
      ["?set=phoneNumber=1", {}, /^set phoneNumber must be a phone number/],
      ["?workspace=ws_1", {}, /^workspace must be the workspace's UUID/],
      ["", { "perch-access-token": "null" }, /^Perch-Access-Token is a placeholder/],
    ] as const) {
      const { status, body } = await send(query, file, headers);
      assert.equal(status, 422);
      const problem = problemSchema.parse(body);
      assert.match(problem.detail, detail);
      assert.doesNotMatch(JSON.stringify(problem), /EAAGsecret/);
    }
  }));

test("a workbook is uploaded and its results come as one", () =>
  withUploads(async (send, { url }) => {
    const { workspaceId, name, wabaId, phoneId, phoneNumber, accessToken } = numberedRequest(1);
    const columns = ["workspaceId", "name", "wabaId", "phoneId", "phoneNumber", "accessToken"];
    const row = [workspaceId, name, wabaId, phoneId, phoneNumber, accessToken];
    const sheets = [
      { name: "Notes", rows: "" },
      { name: "May", rows: rowOf(columns) + rowOf(row) },
    ];
    const book = Buffer.from(await workbookOf(sheets));
    const type = { "content-type": workbookType };
    const made = await send("?sheet=may", book, type);
    assert.equal(made.status, 202, JSON.stringify(made.body));
    const { id } = batchSchema.parse(made.body);
    const results = await fetch(`${url}/v1/batches/${id}/results?format=xlsx`);
    assert.equal(results.headers.get("content-type"), workbookType);
    assert.match(results.headers.get("content-disposition") ?? "", /upload-results\.xlsx/);
    const again = Buffer.from(await results.arrayBuffer());
    const joined = await send("", again, { ...type, "perch-access-token": accessToken });
    assert.equal(joined.status, 202, JSON.stringify(joined.body));
    assert.deepEqual(
      [batchSchema.parse(joined.body).attached, batchSchema.parse(joined.body).rejected],
      [1, 0],
    );
    const refused = await send("?sheet=June", book, type);
    assert.match(
      problemSchema.parse(refused.body).detail,
      /no sheet of the name in sheet in the query: it has "Notes" and "May"/,
    );
    const asCsv = await send("", book);
    assert.match(problemSchema.parse(asCsv.body).detail, /send it with the content type application\/vnd/);
  }));

test("the answer says how the file was read, also where it is refused, and what was read of a row to correct", () =>
  withUploads(async (send) => {
    const { accessToken, ...good } = numberedRequest(1);
    const text = csvOf([
      { ...good, accessToken },
      { ...good, phoneNumber: "+1 415", accessToken },
    ]);
    const told = dryRunSchema.parse((await send("?dryRun=true", text.replaceAll(",", ";"))).body);
    assert.deepEqual([told.created, told.rejected], [1, 1]);
    assert.deepEqual([told.file.encoding, told.file.delimiter], ["utf-8", ";"]);
    const [wrong] = told.errors;
    assert.deepEqual([wrong?.row, wrong?.line], [2, 3]);
    assert.deepEqual(wrong?.input, { ...good, phoneNumber: "+1 415" });
    for (const query of ["", "?dryRun=true"]) {
      const { status, body } = await send(query, text.replace("phoneNumber", "Rufnummer"));
      assert.equal(status, 422);
      const { file: refused, detail } = problemSchema.parse(body);
      assert.match(detail, /unknown columns \("Rufnummer"/);
      assert.equal(refused?.columns?.find(({ name }) => name === "Rufnummer")?.member, undefined);
      assert.doesNotMatch(JSON.stringify(body), new RegExp(accessToken));
    }
  }));

test("the sheets of a workbook come with the report", () =>
  withUploads(async (send) => {
    const { workspaceId, name, wabaId, phoneId, phoneNumber, accessToken } = numberedRequest(1);
    const columns = ["workspaceId", "name", "wabaId", "phoneId", "phoneNumber", "accessToken"];
    const row = [workspaceId, name, wabaId, phoneId, phoneNumber, accessToken];
    const book = Buffer.from(
      await workbookOf([
        { name: "May", rows: rowOf(columns) + rowOf(row) },
        { name: "June", rows: "" },
      ]),
    );
    const { status, body } = await send("?dryRun=true", book, { "content-type": workbookType });
    assert.equal(status, 200, JSON.stringify(body));
    const { file: read } = dryRunSchema.parse(body);
    assert.deepEqual([read.format, read.sheet, read.sheets?.length], ["xlsx", "May", 2]);
    assert.match(read.notes?.join() ?? "", /has 2 sheets, and "May" is read/);
  }));
