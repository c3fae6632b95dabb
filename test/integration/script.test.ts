import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { defineScript } from "../../src/redis/script.ts";
import { withQueue } from "./queue-fixture.ts";

test("a script sees its keys and arguments by name, and lists of more of them", () =>
  withQueue(async ({ client, keys }) => {
    const echo = defineScript({
      name: "testEcho",
      keys: ["first", "second"],
      args: ["word", "count"],
      moreKeys: "others",
      moreArgs: "rest",
      answer: z.array(z.string()),
      lua: `
local answer = {first, second, word, count}
for _, list in ipairs({others, rest}) do
  for _, each in ipairs(list) do table.insert(answer, each) end
end
return answer`,
    });
    const [first, second, third, fourth] = ["a", "b", "c", "d"].map((name) => keys.job(name));
    assert.ok(first !== undefined && second !== undefined && third !== undefined && fourth !== undefined);
    const inputs = { first, second, others: [third, fourth], word: "w", count: 7, rest: ["x", 8] };
    assert.deepEqual(await echo(client, inputs), [first, second, "w", "7", third, fourth, "x", "8"]);
    assert.deepEqual(await echo(client, { ...inputs, others: [], rest: [] }), [first, second, "w", "7"]);
  }));

test("a script that returns what it should not is an error that names it", () =>
  withQueue(async ({ client, keys }) => {
    const wrong = defineScript({ name: "testWrong", keys: ["key"], answer: z.string(), lua: "return 1" });
    await assert.rejects(wrong(client, { key: keys.job("key") }), /testWrong/);
  }));

test("a script works again once Redis has forgotten it", () =>
  withQueue(async ({ client, keys }) => {
    const set = defineScript({
      name: "testSet",
      keys: ["key"],
      args: ["value"],
      answer: z.string(),
      lua: "redis.call('SET', key, value, 'PX', 10000) return redis.call('GET', key)",
    });
    const key = keys.job("key");
    assert.equal(await set(client, { key, value: "1" }), "1");
    await client.script("FLUSH");
    assert.equal(await set(client, { key, value: "2" }), "2");
  }));

test("a test that sends a script with keys of two slots fails, also when the script itself succeeds", async () => {
  const count = defineScript({
    name: "testCount",
    keys: ["one", "other"],
    answer: z.number(),
    lua: "return redis.call('EXISTS', one, other)",
  });
  const send = (shards: readonly [one: number, other: number]) =>
    withQueue(async ({ client, keys }) => {
      const [one, other] = shards.map((shard) => createKeys(keys.prefix, 2).shards[shard]?.job("1"));
      assert.ok(one !== undefined && other !== undefined);
      assert.equal(await count(client, { one, other }), 0);
    });
  await send([1, 1]);
  await assert.rejects(send([0, 1]), /keys of several slots/);
});
