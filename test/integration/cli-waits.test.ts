import assert from "node:assert/strict";
import test from "node:test";
import { importCommand } from "../../src/cli/import/import.ts";
import { installCommand } from "../../src/cli/installs/install.ts";
import { statusCommand } from "../../src/cli/installs/status.ts";
import { createWaits } from "../../src/cli/open/waits.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import type { Stack, StackOptions } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";
import { header, line } from "../unit/producer/read-harness.ts";

const withWaits = (
  options: StackOptions,
  run: (stack: Stack, waits: ReturnType<typeof createWaits>) => Promise<void>,
): Promise<void> =>
  withStackActions(options, async (stack) => {
    const { client, keys, producer } = stack;
    const queues = createInstallsQueues({ client, keys });
    const holds = createHolds({ client, keys, baseMs: 60_000, capMs: 60_000 });
    const { installs, batches } = producer;
    try {
      await run(stack, createWaits({ client, keys, installs, batches, holds, queues }));
    } finally {
      await queues.close();
    }
  });

const unauthorized: StackOptions = {
  sandbox: { faults: [{ times: "always", fault: { kind: "status", status: 401 } }] },
  worker: { holdBaseMs: 60_000, holdCapMs: 60_000 },
};

test("perch status of a held install begins with why, until when and what ends it", () =>
  withWaits(unauthorized, async ({ producer }, waits) => {
    const { install } = await producer.enqueue(installRequest(1));
    await until("it is held", async () => (await producer.installs.find(install.id))?.status === "held");
    const io = createTestIo();
    assert.equal(
      await statusCommand({ io, producer, holdOf: waits.holdOf }, { id: install.id, json: false }),
      0,
    );
    const [first = ""] = io.out().split("\n");
    assert.match(
      first,
      new RegExp(
        `^Install ${install.id} waits\\. Workspace ${workspaceId} is held until 20\\S+Z: Bird refuses its access key\\. .*: perch workspaces resume ${workspaceId}$`,
      ),
    );
    const held = await waits.ofInstall(install.id);
    assert.deepEqual(
      [held?.isEndless, held?.text],
      [false, first.replace(`Install ${install.id} waits. `, "")],
    );
  }));

test("an install without a worker waits for one, and a paused batch is named with what resumes it", () =>
  withWaits({ startsPaused: true }, async ({ producer }, waits) => {
    const { batchId, rows } = await producer.importRows([{ row: 1, input: installRequest(1) }], {
      name: "May",
    });
    await Array.fromAsync(rows);
    assert.match((await waits.ofBatch(batchId))?.text ?? "", /^No worker runs: /);
    await producer.batches.decide(batchId, "pause", {});
    const [install] = (await producer.installs.list({ batchId, limit: 1 })).items;
    const paused = {
      text: `Batch ${batchId} is paused by a person. Go on with: perch batch ${batchId} --resume`,
      isEndless: false,
    };
    assert.deepEqual(await waits.ofBatch(batchId), paused);
    assert.deepEqual(await waits.ofInstall(install?.id ?? ""), paused);
    assert.equal(await waits.ofInstall("01ARZ3NDEKTSV4RRFFQ69G5FAV"), undefined);
  }));

test("a watch that nobody looks at ends with 1 when its batch halts itself", () =>
  withWaits(
    { sandbox: { faults: [{ times: "always", fault: { kind: "status", status: 422 } }] } },
    async ({ producer, client }) => {
      const content = `${header}\n${Array.from({ length: 30 }, (_, n) => `${line(n + 1)}\n`).join("")}`;
      const io = createTestIo({ stdin: content });
      const args = { file: "-", dryRun: false, watch: true, ignoreUnknownColumns: false, json: false };
      const pause = () => client.ping();
      const code = await importCommand({ io, producer, pause }, { ...args, canary: "5", haltAt: "20%" });
      assert.equal(code, 1);
      assert.match(io.err(), /Paused: 5 of 5 installs that ended have failed.* --resume\n/);
      assert.match(io.err(), /Stopped watching: the batch has halted and does not go on by itself\.\n$/);
      assert.match(io.out(), /30 rows: 5 failed, 25 pending\./);
    },
  ));

test("perch status --watch prints each line of the timeline once, then how the install ended", () =>
  withWaits({}, async ({ producer, client }) => {
    const { install } = await producer.enqueue(installRequest(1));
    const io = createTestIo();
    const args = { id: install.id, watch: true, json: false };
    assert.equal(await statusCommand({ io, producer, pause: () => client.ping() }, args), 0);
    const lines = io.out().split("\n");
    assert.deepEqual([...new Set(lines.slice(0, -2))].length, lines.length - 2);
    assert.match(
      io.out(),
      /queued.*\n(.*\n)*.*connector created.*\n(.*\n)*.*completed \(completedBy webhook.*\n\nInstall \w{26} is completed\./,
    );
    assert.match(io.out(), /\n {2}completed {2}20\S+ by Bird's event \(webhook\)\n/);
    const late = createTestIo();
    assert.equal(await statusCommand({ io: late, producer }, { ...args, id: "nobody" }), 1);
  }));

test("a stopped wait for an install ends with 130 and leaves the install as it is", () =>
  withWaits({ startsPaused: true }, async ({ producer }) => {
    const { name, wabaId, phoneId, phoneNumber } = installRequest(1);
    const io = createTestIo({ stdin: "EAAG-TEST-TOKEN" });
    const stop = new AbortController();
    const args = {
      workspace: workspaceId,
      name,
      waba: wabaId,
      phoneId,
      phone: phoneNumber,
      wait: true,
      json: false,
    };
    const waiting = installCommand({ io, producer }, { ...args, signal: stop.signal });
    await until("it waits", async () => /Waiting for install/.test(io.err()));
    stop.abort();
    assert.equal(await waiting, 130);
    assert.match(
      io.err(),
      /\nStopped waiting\. The install goes on; follow it with: perch status \w{26} --watch\n$/,
    );
    assert.equal((await producer.installs.list({ limit: 1 })).items[0]?.status, "queued");
  }));
