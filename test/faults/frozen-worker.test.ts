import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { installRequest, workspaceId } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

test("a worker frozen past its lock does not send when it thaws; the other one created the connector", async () => {
  await withStack({ worker: { requestTimeoutMs: 200 }, startsPaused: true }, async (stack) => {
    const { producer, sandbox, redisUrl, keys, sealingKeyText } = stack;
    const shards = String(keys.shards.length);
    const args = [redisUrl, keys.prefix, sealingKeyText, sandbox.url, sandbox.accessKey, shards];
    const frozen = spawn(process.execPath, [join(import.meta.dirname, "frozen-process.ts"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    try {
      let log = "";
      frozen.stderr.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
      await once(frozen.stdout, "data");
      const { install } = await producer.enqueue(installRequest());
      await until("the worker has frozen", async () => isStopped(frozen));
      await stack.startAnotherWorker();
      const ended = await producer.waitFor(install.id, { timeoutMs: 20_000 });
      assert.equal(ended.status, "completed");
      frozen.kill("SIGCONT");
      await until("the thawed worker has let go", async () => log.includes("left to another run"));
      assert.equal(sandbox.report().creates[`${workspaceId}/${install.phoneId}`], 1);
      assert.equal(sandbox.report().requests.create?.["201"], 1, "nothing was sent a second time");
    } finally {
      frozen.kill("SIGKILL");
    }
  });
});

/** State `T` in the process table (Linux): stopped by a signal. */
const isStopped = ({ pid }: ChildProcess): boolean =>
  /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
