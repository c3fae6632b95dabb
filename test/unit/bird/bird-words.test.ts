import assert from "node:assert/strict";
import test from "node:test";
import { birdWordsOf, secretsIn } from "../../../src/bird/bird-words.ts";

const workspaceId = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";

for (const [what, body, words] of [
  ["code and message", { code: "Invalid", message: "No." }, { birdCode: "Invalid", birdMessage: "No." }],
  [
    "the other shape",
    { error: { type: "t", code: "E01001", name: "n", message: "No.", doc_url: "u", request_id: "req-1" } },
    { birdCode: "E01001", birdMessage: "No.", birdRequestId: "req-1" },
  ],
  [
    "details by path",
    { code: "Invalid", details: { "arguments.phoneNumber": ["is required"], "arguments.wabaId": "x" } },
    { birdCode: "Invalid", birdDetails: ["arguments.phoneNumber", "arguments.wabaId"] },
  ],
  [
    "details as a list",
    { details: [{ path: "a.b" }, { field: "c" }, { message: "no path" }, 7, { location: "d" }] },
    { birdCode: undefined, birdDetails: ["a.b", "c", "d"] },
  ],
  ["a message that is no text", { code: "x", message: { a: 1 } }, { birdCode: "x" }],
  ["details that are no list", { code: "x", details: "y" }, { birdCode: "x" }],
  ["no object", ["x"], { birdCode: undefined }],
  ["a gateway's HTML", undefined, { birdCode: undefined }],
] as const) {
  test(`${what} is read`, () => {
    assert.deepEqual(birdWordsOf(body, {}, []), words);
  });
}

for (const [message, cleaned] of [
  ["Token EAAGm0PX4ZCpsBAKZCj2vZAe is not valid", "Token [token] is not valid"],
  ["Token any-token is not valid", "Token [token] is not valid"],
  ["a1b2c3d4e5f6a7b8c9d0e1f2a3b4 expired", "[token] expired"],
  ["+1 (415) 555-0123 is taken", "[number] is taken"],
  ["Number 4915112345678 is taken", "Number [number] is taken"],
  ["phone id 106540352242922 is not of waba 102290129340398", "phone id [number] is not of waba [number]"],
  [`No workspace ${workspaceId}`, `No workspace ${workspaceId}`],
  ["Code 133005: wrong PIN", "Code 133005: wrong PIN"],
  ["two\nlines\u0007 and\u202e more", "two lines and more"],
  ["  ", undefined],
] as const) {
  test(`${JSON.stringify(message)} is shown without tokens and numbers`, () => {
    assert.equal(birdWordsOf({ message }, {}, ["any-token"]).birdMessage, cleaned);
  });
}

test("everything is bounded", () => {
  const body = {
    code: "c".repeat(1000),
    message: "word ".repeat(10_000),
    details: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x${n}.${"y.".repeat(200)}`, 1])),
    request_id: "r".repeat(101),
  };
  const { birdCode = "", birdMessage = "", birdDetails = [], birdRequestId } = birdWordsOf(body, {}, []);
  assert.equal(birdCode.length, 200);
  assert.equal(birdMessage.length, 500);
  assert.ok(birdMessage.endsWith("…"));
  assert.equal(birdDetails.length, 20);
  assert.ok(birdDetails.every((path) => path.length <= 100));
  assert.equal(birdRequestId, undefined);
});

test("the request's id is found in a header, if it is an id", () => {
  assert.equal(birdWordsOf({}, { "x-request-id": "abc-1" }, []).birdRequestId, "abc-1");
  assert.equal(birdWordsOf({}, { "x-request-id": "a b\u001b" }, []).birdRequestId, undefined);
});

test("what a request keeps secret is found at any depth", () => {
  const json = {
    name: "n",
    invitationToken: "i",
    securityArguments: { oauth: { accessToken: "a" } },
    list: [{ signingKey: "k" }, { url: "u" }],
  };
  assert.deepEqual(secretsIn(json), ["i", "a", "k"]);
  assert.deepEqual(secretsIn(undefined), []);
});
