import assert from "node:assert/strict";
import test from "node:test";
import { jsonShape } from "../../../src/install/values/json-shape.ts";

test("a shape names members and kinds, and holds no value", () => {
  const value = {
    service: "channels",
    payload: { id: "0b6f2f0c", count: 17, isLive: true, none: null, tags: ["secret", "other"], empty: [] },
  };
  assert.deepEqual(jsonShape(value), {
    service: "text of 8",
    payload: {
      ...{ id: "text of 8", count: "number", isLive: "true or false", none: "null" },
      tags: ["text of 6"],
      empty: [],
    },
  });
});

test("names that are values themselves are not shown", () => {
  for (const name of ["+14155550123", "1234", "a@example.com", "user 7", "token-12345", "x".repeat(61), ""])
    assert.deepEqual(jsonShape({ [name]: 1 }), { "…": "number" }, name);
  assert.deepEqual(jsonShape({ "channel.id": 1, $ref: 2 }), { "channel.id": "number", $ref: "number" });
});

test("a shape is bounded, however deep and wide its value is", () => {
  const deep = JSON.parse(`${"[".repeat(2000)}1${"]".repeat(2000)}`);
  assert.equal(JSON.stringify(jsonShape(deep)), '[[[[[["list"]]]]]]');
  const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`m${n % 100}x${n}`, n]));
  const shape = jsonShape(
    Object.fromEntries(
      Object.keys(wide).map((_, n) => [
        `m${String.fromCharCode(97 + (n % 26))}${"y".repeat(n % 50)}${n % 90}`,
        n,
      ]),
    ),
  );
  assert.ok(JSON.stringify(shape).length < 4000);
});

test("a member named __proto__ is a member like others", () => {
  assert.equal(
    JSON.stringify(jsonShape(JSON.parse('{"__proto__": {"a": 1}}'))),
    '{"__proto__":{"a":"number"}}',
  );
});
