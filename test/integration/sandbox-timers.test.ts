import assert from "node:assert/strict";
import { test } from "node:test";
import { createTimers } from "../../src/sandbox/faults/timers.ts";

test("what was to run is called off by a clear, and later calls run", async () => {
  const timers = createTimers();
  const ran: string[] = [];
  timers.after(0, () => ran.push("at once, cleared"));
  timers.after(1, () => ran.push("later, cleared"));
  timers.clear();
  await new Promise<void>((done) => {
    timers.after(0, () => {
      ran.push("at once");
      timers.after(5, done);
    });
  });
  assert.deepEqual(ran, ["at once"]);
});

test("after a close nothing runs", async () => {
  const timers = createTimers();
  const ran: string[] = [];
  timers.after(0, () => ran.push("before"));
  timers.close();
  timers.after(0, () => ran.push("at once"));
  timers.after(1, () => ran.push("later"));
  await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual(ran, []);
});
