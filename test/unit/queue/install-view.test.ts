import assert from "node:assert/strict";
import { test } from "node:test";
import { installFields, readInstallFields, viewInstall } from "../../../src/queue/installs/view.ts";

const sinceMs = Date.parse("2026-11-23T10:00:00Z");
const request = {
  workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-000000000001",
  name: "Acme",
  wabaId: "102290129340398",
  phoneId: "106540352242922",
  phoneNumber: "+14155550123",
};

const nextActionAt = (known: Readonly<Record<string, string>>, waiting: object = { sinceMs }) => {
  const data = JSON.stringify({ request, connectorId: "c1", waiting });
  const job = new Map(Object.entries({ data, timestamp: String(sinceMs - 5000), ...known }));
  const fields = readInstallFields(installFields.map((name) => job.get(name) ?? null));
  assert.ok(fields);
  return viewInstall("i1", fields, false).nextActionAt;
};

test("the first look at Bird is a park after the bind, however long the create took", () => {
  const processedOn = String(sinceMs - 4000);
  assert.equal(nextActionAt({ processedOn, delay: "30000" }), "2026-11-23T10:00:30.000Z");
});

test("a run woken before its time parks for the rest", () => {
  const processedOn = String(sinceMs + 10_000);
  assert.equal(nextActionAt({ processedOn, delay: "20000" }), "2026-11-23T10:00:30.000Z");
});

test("a woken install has no time: it is its turn next", () => {
  assert.equal(nextActionAt({ processedOn: String(sinceMs), delay: "0" }), undefined);
});
