import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import test from "node:test";
import type { Install } from "../../../src/install/install.ts";
import { createWaitFor } from "../../../src/producer/wait-for.ts";
import { installOf } from "../../support/install.ts";

const watching = () => {
  const events = new EventEmitter();
  let status: Install["status"] = "queued";
  let finds = 0;
  const find = async (): Promise<Install> => {
    finds += 1;
    return installOf({ status });
  };
  return {
    waitFor: createWaitFor({ events: [events], installs: { find } }),
    finds: () => finds,
    end: (jobId: string) => {
      status = "completed";
      events.emit("completed", { jobId });
    },
  };
};

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("all waiters for an install share one watcher, which reads once on its end event", async () => {
  const { waitFor, finds, end } = watching();
  const waits = Array.from({ length: 600 }, () => waitFor("a", { timeoutMs: 60_000 }));
  await settled();
  const before = finds();
  assert.equal(before, 601, "each looks once, and the watcher");
  end("another");
  await settled();
  assert.equal(finds(), before);
  end("a");
  const ended = await Promise.all(waits);
  assert.ok(ended.every(({ status }) => status === "completed"));
  assert.equal(finds(), before + 1);
});

test("who hangs up leaves the others waiting, and the last one ends the watcher", async () => {
  const { waitFor, finds, end } = watching();
  const controller = new AbortController();
  const left = waitFor("a", { timeoutMs: 60_000, signal: controller.signal });
  const stays = waitFor("a", { timeoutMs: 60_000 });
  await settled();
  controller.abort(new Error("gone"));
  await assert.rejects(left, /gone/);
  end("a");
  assert.equal((await stays).status, "completed");
  const after = finds();
  end("a");
  await settled();
  assert.equal(finds(), after, "nobody waits, so nobody looks");
});

test("a wait without time looks at least once", async () => {
  const { waitFor, end } = watching();
  await assert.rejects(waitFor("a", { timeoutMs: 0 }), { code: "wait_timeout" });
  end("a");
  assert.equal((await waitFor("a", { timeoutMs: 0 })).status, "completed");
});
