import assert from "node:assert/strict";
import test from "node:test";
import { batchCommand } from "../../src/cli/batch/batch.ts";
import { importCommand } from "../../src/cli/import/import.ts";
import { installCommand } from "../../src/cli/installs/install.ts";
import { statusCommand } from "../../src/cli/installs/status.ts";
import { createWaits } from "../../src/cli/open/waits.ts";
import type { WaitDeps, WaitReason } from "../../src/cli/terminal/wait-news.ts";
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
      await statusCommand({ io, producer, stopOf: waits.stopOf }, { id: install.id, json: false }),
      0,
    );
    const [first = ""] = io.out().split("\n");
    assert.match(
      first,
      new RegExp(
        `^Install ${install.id} waits\\. Workspace ${workspaceId} is held until 20\\S+Z: Bird refuses its access key\\. .*restart.*: perch workspaces resume ${workspaceId}$`,
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
    const headline = async (id = ""): Promise<string | undefined> => {
      const io = createTestIo();
      await statusCommand({ io, producer, stopOf: waits.stopOf }, { id, json: false });
      return io.out().split("\n")[0];
    };
    assert.equal(await headline(install?.id), `Install ${install?.id} waits. ${paused.text}`);
    await producer.batches.decide(batchId, "resume", {});
    assert.match((await headline(install?.id)) ?? "", / waits\. No worker runs: start one with perch worker/);
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

/** Bird answers no create for now, and Redis is noted as a restored backup. */
const withDoubtedRedis = (
  run: (stack: Stack, waits: ReturnType<typeof createWaits>) => Promise<void>,
): Promise<void> =>
  withWaits(
    {
      sandbox: { faults: [{ times: "always", fault: { kind: "status", status: 503 } }] },
      worker: { lookDelaysMs: [60_000] },
    },
    async (stack, waits) => {
      await stack.client.hset(stack.keys.server, "restoredMs", Date.now());
      await run(stack, waits);
    },
  );

/** A clock that is 5 s later each time it is read. */
const fastClock = (): (() => number) => {
  let nowMs = 0;
  return () => {
    nowMs += 5000;
    return nowMs;
  };
};

const doubted =
  /^Redis was restarted or restored, so every number is looked for at Bird before its create; perch doctor says more\.\n/gm;

/** Runs a command until it has asked four times why it waits, and says how it ended and how often it named the doubt. */
const waitInDoubt = async (
  why: (id: string) => Promise<WaitReason | undefined>,
  run: (deps: Pick<WaitDeps, "io" | "whyWaiting" | "now">, signal: AbortSignal) => Promise<number>,
): Promise<{ readonly code: number; readonly named: number | undefined }> => {
  const io = createTestIo({ stdin: "EAAG-TEST-TOKEN" });
  const stop = new AbortController();
  let asked = 0;
  const whyWaiting = async (id: string): Promise<WaitReason | undefined> => {
    asked += 1;
    if (asked === 4) stop.abort();
    return why(id);
  };
  const code = await run({ io, whyWaiting, now: fastClock() }, stop.signal);
  return { code, named: io.err().match(doubted)?.length };
};

test("commands that wait name a doubted Redis once, and go on", () =>
  withDoubtedRedis(async ({ producer, client }, waits) => {
    const { batchId, rows } = await producer.importRows([{ row: 1, input: installRequest(1) }], {
      name: "May",
    });
    await Array.fromAsync(rows);
    const [install] = (await producer.installs.list({ batchId, limit: 1 })).items;
    const pause = () => client.ping();
    const once = { code: 130, named: 1 };
    const ofStatus = { id: install?.id ?? "", watch: true, json: false };
    assert.deepEqual(
      await waitInDoubt(waits.ofInstall, (deps, signal) =>
        statusCommand({ ...deps, producer, pause }, { ...ofStatus, signal }),
      ),
      once,
    );
    const ofBatch = { id: batchId, watch: true, pause: false, resume: false, json: false };
    const batchActions = { pause: () => assert.fail("pauses"), resume: () => assert.fail("resumes") };
    assert.deepEqual(
      await waitInDoubt(waits.ofBatch, (deps, signal) =>
        batchCommand({ ...deps, producer, batchActions, pause }, { ...ofBatch, signal }),
      ),
      once,
    );
    const { name, wabaId, phoneId, phoneNumber } = installRequest(2);
    const asked = { name, phoneId, waba: wabaId, phone: phoneNumber, workspace: workspaceId };
    assert.deepEqual(
      await waitInDoubt(waits.ofInstall, (deps, signal) =>
        installCommand({ ...deps, producer }, { ...asked, wait: true, json: false, signal }),
      ),
      once,
    );
  }));
