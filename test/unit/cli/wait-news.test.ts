import assert from "node:assert/strict";
import test from "node:test";
import { type WaitReason, waitWithNews } from "../../../src/cli/terminal/wait-news.ts";
import { createTestIo } from "./test-io.ts";

const come = { name: "the end" };

/** Waits for a thing that comes after as many looks as there are reasons; each look is a second after the one before. */
const waitFor = async (
  reasons: readonly (string | undefined)[],
  options: { readonly isTty?: boolean; readonly isEndless?: boolean; readonly stopsAfter?: number } = {},
) => {
  const { isTty = false, isEndless = false, stopsAfter } = options;
  const io = createTestIo({ isTty });
  const stop = new AbortController();
  const heard: string[] = [];
  const asked: number[] = [];
  let second = 0;
  const end = await waitWithNews(
    {
      io,
      now: () => second * 1000,
      whyWaiting: async (id): Promise<WaitReason | undefined> => {
        assert.equal(id, "I1");
        asked.push(second);
        const text = reasons[second];
        return text === undefined ? undefined : { text, isEndless };
      },
      pause: async (ms, signal) => {
        assert.equal(ms, 1000);
        second += 1;
        if (second === stopsAfter) stop.abort();
        signal?.throwIfAborted();
      },
    },
    {
      id: "I1",
      look: async () => (second === reasons.length ? come : undefined),
      say: (line) => heard.push(`${second} s: ${line}`),
      signal: stop.signal,
    },
  );
  return { end, heard, asked };
};

const during = (seconds: number, reason: string | undefined): readonly (string | undefined)[] =>
  Array.from({ length: seconds }, () => reason);

test("the reason of a wait is told after 5 s, and again only when it changes", async () => {
  const reasons = [
    ...during(11, "no worker"),
    ...during(9, "held"),
    ...during(5, undefined),
    ...during(6, "held"),
  ];
  const { end, heard, asked } = await waitFor(reasons);
  assert.equal(end, come);
  assert.deepEqual(heard, ["5 s: no worker", "15 s: held", "25 s: held"], "it came back");
  assert.deepEqual(asked, [5, 10, 15, 20, 25, 30], "it asks every 5 s only");
});

test("what comes within 5 s is waited for without a word", async () => {
  assert.deepEqual(await waitFor(during(4, "no worker")), { end: come, heard: [], asked: [] });
});

test("what never comes by itself ends a wait with 1 off a terminal, and not on one", async () => {
  const endless = { isEndless: true };
  assert.deepEqual(await waitFor(during(9, "halted"), endless), {
    end: 1,
    heard: ["5 s: halted"],
    asked: [5],
  });
  const { end } = await waitFor(during(9, "halted"), { ...endless, isTty: true });
  assert.equal(end, come);
});

test("a signal ends a wait with 130, also when it makes a look fail", async () => {
  assert.equal((await waitFor(during(9, "held"), { stopsAfter: 7 })).end, 130);
  const stop = new AbortController();
  const look = async (): Promise<undefined> => {
    stop.abort();
    throw new Error("cut off");
  };
  assert.equal(await waitWithNews({ io: createTestIo() }, { id: "I1", look, signal: stop.signal }), 130);
});
