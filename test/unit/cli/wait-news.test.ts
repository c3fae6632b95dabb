import assert from "node:assert/strict";
import test from "node:test";
import { createWaitNews, type WaitReason } from "../../../src/cli/terminal/wait-news.ts";

const reason = (text: string): WaitReason => ({ text, isEndless: false });

test("the reason of a wait is told after 5 s, and again only when it changes", async () => {
  let nowMs = 0;
  let current: WaitReason | undefined = reason("no worker");
  const said: string[] = [];
  const news = createWaitNews({
    say: (line) => said.push(line),
    look: async () => current,
    now: () => nowMs,
  });
  const at = async (ms: number): Promise<readonly string[]> => {
    nowMs = ms;
    await news.check();
    return said.splice(0);
  };
  assert.deepEqual(await at(4999), []);
  assert.deepEqual(await at(5000), ["no worker"]);
  assert.deepEqual(await at(9999), []);
  assert.deepEqual(await at(10_000), []);
  current = reason("held");
  assert.deepEqual(await at(11_000), [], "it looks every 5 s only");
  assert.deepEqual(await at(15_000), ["held"]);
  current = undefined;
  assert.deepEqual(await at(20_000), []);
  current = reason("held");
  assert.deepEqual(await at(25_000), ["held"], "it came back");
});
