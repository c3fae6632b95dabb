import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import test from "node:test";
import { type BatchArgs, batchCommand } from "../../src/cli/batch/batch.ts";
import { type ImportArgs, importCommand } from "../../src/cli/import/import.ts";
import { type CancelArgs, cancelCommand } from "../../src/cli/installs/cancel.ts";
import { type RetryArgs, retryCommand } from "../../src/cli/installs/retry.ts";
import type { BatchActions } from "../../src/queue/actions/batch.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import type { Stack, StackOptions } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";
import { createTestIo, type TestIo } from "../unit/cli/test-io.ts";
import { withFolder } from "../unit/cli/with-folder.ts";
import { header, line } from "../unit/producer/read-harness.ts";

type Pause = (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;

interface Ran {
  readonly code: number;
  readonly io: TestIo;
}

/** The commands about batches, against a stack. */
interface Commands {
  readonly stack: Stack;
  readonly actions: BatchActions;
  import(content: string | Readable, args?: Partial<ImportArgs>, pause?: Pause): Promise<Ran>;
  batch(id: string, args?: Partial<BatchArgs>, pause?: Pause): Promise<Ran>;
  retry(args: Partial<RetryArgs>, io?: TestIo): Promise<Ran>;
  cancel(args: Partial<CancelArgs>): Promise<Ran>;
}

const importArgs = { file: "-", dryRun: false, watch: false, ignoreUnknownColumns: false, json: false };
const batchArgs = { watch: false, pause: false, resume: false, json: false };
const actArgs = { ids: [], yes: false, json: false };

const withCommands = (options: StackOptions, run: (commands: Commands) => Promise<void>): Promise<void> =>
  withStackActions(options, async (stack, { actions, batchActions }) => {
    const { client, producer } = stack;
    // Looks again as soon as Redis has answered once more.
    const soon: Pause = () => client.ping();
    await run({
      stack,
      actions: batchActions,
      import: async (stdin, args = {}, pause = soon) => {
        const io = createTestIo({ stdin });
        return { io, code: await importCommand({ io, producer, pause }, { ...importArgs, ...args }) };
      },
      batch: async (id, args = {}, pause = soon) => {
        const io = createTestIo();
        const all = { ...batchArgs, ...args, id };
        return { io, code: await batchCommand({ io, producer, batchActions, pause }, all) };
      },
      retry: async (args, io = createTestIo()) => ({
        io,
        code: await retryCommand({ io, actions, batchActions }, { ...actArgs, ...args }),
      }),
      cancel: async (args) => {
        const io = createTestIo();
        const deps = { io, actions, producer, batchActions };
        return { io, code: await cancelCommand(deps, { ...actArgs, ...args }) };
      },
    });
  });

/** A file of good rows; row N has the number +1415555 and 100 + N in four digits. */
const fileOf = (count: number): string =>
  `${header}\n${Array.from({ length: count }, (_, index) => `${line(index + 1)}\n`).join("")}`;

const refuse = (row: number, status: 404 | 422 = 422, times: FaultRule["times"] = "always"): FaultRule => ({
  times,
  phoneNumber: `+1415555${String(100 + row).padStart(4, "0")}`,
  fault: { kind: "status", status },
});

const idIn = ({ io }: Ran): string => /Batch (\w{26}) /.exec(io.out())?.[1] ?? assert.fail(io.out());

const sortedLines = (text: string): string[] => text.split("\n").slice(0, -1).sort();

test("a watched import names each row that fails, and the batch can be looked at afterwards", () =>
  withCommands({ sandbox: { faults: [refuse(2), refuse(5, 404)] } }, async (commands) => {
    const imported = await commands.import(fileOf(6), { name: "May", watch: true });
    assert.equal(imported.code, 1);
    assert.deepEqual(sortedLines(imported.io.err()).slice(-2), [
      "row 2: rejected_by_bird: Bird refused the data of the request.",
      "row 5: workspace_not_found: Bird does not know the workspace.",
    ]);
    assert.match(imported.io.out(), /\n6 rows: 4 completed, 2 failed\.\nBatch \w{26} \(May\): perch batch /);

    const id = idIn(imported);
    const looked = await commands.batch(id);
    assert.equal(looked.code, 0);
    const text = looked.io.out();
    assert.match(
      text,
      /^Batch \w{26} \(May\) has finished\.\n {2}rows {7}6: 6 accepted, 0 attached, 0 rejected\n/,
    );
    assert.match(text, /\n {2}installs {3}4 completed, 2 failed, 0 queued, 0 awaiting\n/);
    assert.match(
      text,
      /\n1 row failed with rejected_by_bird, for [^\n]+:\n {2}Compare the WABA id[^\n]+\n {2}row 2: Bird refused [^\n]+\n/,
    );
    assert.match(text, new RegExp(`\n {2}then: perch retry --batch ${id} --code rejected_by_bird\n`));

    const asJson = await commands.batch(id, { json: true });
    const { recentFailures, failuresByCode, rejectsByFault, samples, createdAt, finishedAt, ...resource } =
      JSON.parse(asJson.io.out());
    assert.deepEqual(resource, {
      id,
      name: "May",
      status: "finished",
      rows: 6,
      accepted: 6,
      attached: 0,
      rejected: 0,
      queued: 0,
      awaiting: 0,
      completed: 4,
      failed: 2,
      cancelled: 0,
    });
    assert.ok(Date.parse(createdAt) <= Date.parse(finishedAt));
    assert.deepEqual(rejectsByFault, []);
    assert.ok(samples.length > 0);
    assert.deepEqual(
      failuresByCode.map(({ code, count, rows }: Record<string, unknown>) => [code, count, rows]),
      [
        ["rejected_by_bird", 1, [2]],
        ["workspace_not_found", 1, [5]],
      ],
    );
    const row2 = recentFailures.find(({ row }: { row: number }) => row === 2);
    assert.deepEqual(Object.keys(row2).slice(0, 3), ["row", "line", "installId"]);
    assert.equal(row2.errorCode, "rejected_by_bird");

    assert.equal((await commands.batch(id, { watch: true })).code, 1, "some have failed");
    assert.equal((await commands.batch(id, { pause: true })).code, 1);
    const late = await commands.batch(id, { resume: true });
    assert.deepEqual([late.code, late.io.err()], [1, "The batch is finished already.\n"]);
  }));

test("a watched import ends well as JSON, the same resource the batch command prints", () =>
  withCommands({}, async (commands) => {
    const imported = await commands.import(fileOf(3), { watch: true, json: true });
    assert.equal(imported.code, 0, imported.io.err());
    const resource = JSON.parse(imported.io.out());
    assert.deepEqual(resource.recentFailures, []);
    const looked = await commands.batch(resource.id, { json: true, watch: true });
    assert.deepEqual([looked.code, JSON.parse(looked.io.out())], [0, resource]);
  }));

test("results of a batch are written as they are now, or at its end", () =>
  withFolder((folder) =>
    withCommands({ startsPaused: true }, async (commands) => {
      const id = idIn(await commands.import(fileOf(3)));
      const out = join(folder, "results.csv");
      const now = await commands.batch(id, { out });
      assert.deepEqual([now.code, now.io.out().endsWith(`Results: ${out}\n`)], [0, true]);
      assert.match(await readFile(out, "utf8"), /\n1,pending,/);
      await commands.stack.startAnotherWorker();
      const atEnd = await commands.batch(id, { out, watch: true });
      assert.equal(atEnd.code, 0);
      assert.match(await readFile(out, "utf8"), /\n1,completed,/);
      assert.equal((await commands.batch(id, { out: join(folder, "results.txt") })).code, 2);
    }),
  ));

test("a canary that fails pauses the import, which says why and how to go on, and is watched to its end", () =>
  withCommands({ sandbox: { faults: [refuse(1), refuse(2)] } }, async (commands) => {
    const io = createTestIo({ stdin: fileOf(30), isTty: true });
    const { producer, client } = commands.stack;
    const pause = async (): Promise<void> => {
      const id = /--resume/.test(io.err()) && /perch batch (\w{26}) --resume/.exec(io.err())?.[1];
      if (typeof id === "string") await commands.actions.resume(id).catch(() => undefined);
      await client.ping();
    };
    const args = { ...importArgs, watch: true, canary: "5", haltAt: "20%" };
    assert.equal(await importCommand({ io, producer, pause }, args), 1);
    assert.match(
      io.err(),
      /Paused: 2 of 5 installs that ended have failed, more than 20 %\. Go on with: perch batch \w{26} --resume\n/,
    );
    assert.match(io.out(), /30 rows: 28 completed, 2 failed\./);
  }));

test("a person pauses a batch and lets it go on", () =>
  withCommands({ startsPaused: true }, async (commands) => {
    const id = idIn(await commands.import(fileOf(4)));
    const paused = await commands.batch(id, { pause: true });
    assert.equal(paused.code, 0);
    assert.match(paused.io.out(), /is paused\.\n/);
    assert.match(
      paused.io.out(),
      new RegExp(`\n {2}paused {5}Paused by a person\\. Go on with: perch batch ${id} --resume\n`),
    );
    assert.equal((await commands.batch(id, { pause: true, resume: true })).code, 2);
    await commands.stack.startAnotherWorker();
    const resumed = await commands.batch(id, { resume: true, watch: true });
    assert.equal(resumed.code, 0, resumed.io.err());
    assert.match(resumed.io.out(), /\n4 rows: 4 completed\.\n/);
  }));

test("who stops watching a batch changes nothing of it", () =>
  withCommands({ startsPaused: true }, async (commands) => {
    const id = idIn(await commands.import(fileOf(2)));
    const stop = new AbortController();
    const pause = async (): Promise<void> => {
      stop.abort();
      stop.signal.throwIfAborted();
    };
    const watched = await commands.batch(id, { watch: true, signal: stop.signal }, pause);
    assert.equal(watched.code, 130);
    const said = `Stopped watching. The batch goes on; watch it again with: perch batch ${id} --watch\n`;
    assert.ok(watched.io.err().endsWith(said), watched.io.err());
    assert.equal((await commands.stack.producer.batches.find(id))?.status, "running");
  }));

test("failed rows are chosen by their code and started again with another token", () =>
  withFolder((folder) =>
    withCommands(
      { sandbox: { faults: [refuse(2, 422, 1), refuse(3, 422, 1), refuse(5, 404)] } },
      async (commands) => {
        const batch = idIn(await commands.import(fileOf(6), { watch: true }));
        const where = "code=rejected_by_bird";
        const unasked = await commands.retry({ batch, where });
        assert.equal(unasked.code, 2);
        assert.equal(
          unasked.io.err(),
          `Start 2 installs of batch ${batch} again (failed with rejected_by_bird)? Standard input is not a terminal: add --yes to confirm.\n`,
        );
        const stdin = new PassThrough();
        const declining = createTestIo({ stdin, isTty: true, isStdinTty: true });
        stdin.end("n\n");
        assert.equal((await commands.retry({ batch, where }, declining)).code, 1);
        assert.match(declining.err(), /Nothing was done\.\n$/);

        const accessTokenFile = join(folder, "token");
        await writeFile(accessTokenFile, "EAAG-canary\n");
        const retried = await commands.retry({ batch, where, accessTokenFile, yes: true });
        assert.equal(retried.code, 0, retried.io.err());
        assert.equal(retried.io.out(), `2 installs: 2 started again. Watch: perch batch ${batch} --watch\n`);
        assert.match(retried.io.err(), /^Starting 2 installs again\.\n/);
        assert.doesNotMatch(retried.io.out() + retried.io.err(), /canary/);
        const after = await commands.batch(batch, { watch: true });
        assert.match(after.io.out(), /\n6 rows: 5 completed, 1 failed\.\n/);

        const both = await commands.retry({ batch, where, code: "internal", yes: true });
        assert.deepEqual([both.code, /choose one/.test(both.io.err())], [2, true]);
        const odd = await commands.retry({ batch, code: "odd", yes: true });
        assert.deepEqual([odd.code, /^--code must be one of /.test(odd.io.err())], [2, true]);
        const none = await commands.retry({ batch, code: "rejected_by_bird", yes: true, json: true });
        assert.deepEqual(
          [none.code, JSON.parse(none.io.out())],
          [0, { matched: 0, retried: 0, refused: [] }],
        );
      },
    ),
  ));

test("rows that cannot be started again are named, and the others are", () =>
  withCommands({ sandbox: { faults: [refuse(1, 422, 1), refuse(2, 422, 1)] } }, async (commands) => {
    const batch = idIn(await commands.import(fileOf(2), { watch: true }));
    // Meanwhile the second number has another install.
    await commands.import(`${header}\n${line(2)}\n`, { watch: true, name: "other" });
    const retried = await commands.retry({ batch, yes: true, json: true });
    assert.equal(retried.code, 1);
    const { refused, ...counts } = JSON.parse(retried.io.out());
    assert.deepEqual(counts, { matched: 2, retried: 1 });
    assert.deepEqual([refused.length, refused[0].row], [1, 2]);
    assert.match(retried.io.err(), /\nrow 2: [^\n]+\n$/);
  }));

test("a batch is cancelled after a confirmation that names what it ends", () =>
  withCommands({ startsPaused: true }, async (commands) => {
    const batch = idIn(await commands.import(fileOf(10)));
    const unasked = await commands.cancel({ batch });
    assert.equal(unasked.code, 2);
    assert.match(
      unasked.io.err(),
      /^Cancel batch \w{26} \(standard input\)\? 10 queued will be ended; 0 awaiting have .* add --yes to confirm\.\n$/,
    );
    const cancelled = await commands.cancel({ batch, yes: true, json: true });
    assert.deepEqual([cancelled.code, JSON.parse(cancelled.io.out()).status], [0, "cancelled"]);
    await commands.stack.startAnotherWorker();
    const watched = await commands.batch(batch, { watch: true });
    assert.equal(watched.code, 1);
    assert.match(watched.io.out(), /\n10 rows: 10 cancelled\.\n/);
    assert.equal(commands.stack.sandbox.report().connectors.length, 0);
    assert.equal((await commands.batch(batch, { resume: true })).code, 1);

    const finished = idIn(await commands.import(fileOf(12), { watch: true, name: "again" }));
    const late = await commands.cancel({ batch: finished, yes: true });
    assert.deepEqual([late.code, late.io.err()], [1, "The batch is finished already.\n"]);
  }));

test("an import that is stopped goes on with its batch when the same command runs again", () =>
  withCommands({ startsPaused: true }, async (commands) => {
    const content = fileOf(600);
    const { producer } = commands.stack;
    const stop = new AbortController();
    const stopping: typeof producer.importRows = async (rows, options) => {
      const opened = await producer.importRows(rows, options);
      async function* some(): typeof opened.rows {
        for await (const row of opened.rows) {
          if (row.row === 300) stop.abort();
          yield row;
        }
      }
      return { ...opened, rows: some() };
    };
    const io = createTestIo({ stdin: Readable.from(content.split(/(?<=\n)/)) });
    const args = { ...importArgs, name: "numbers", signal: stop.signal };
    const code = await importCommand({ io, producer: { ...producer, importRows: stopping } }, args);
    assert.equal(code, 130);
    assert.match(io.err(), /^Stopped after \d+ rows\. .* the same command again goes on with the batch\./m);
    const id = /perch batch (\w{26})\n$/.exec(io.err())?.[1] ?? assert.fail(io.err());
    assert.match((await commands.batch(id)).io.out(), /is being imported\.\n/);

    const again = await commands.import(content, { name: "numbers" });
    assert.equal(again.code, 0);
    assert.match(again.io.err(), new RegExp(`^Going on with batch ${id}, which was cut off\\.\n`));
    assert.equal(again.io.out(), `600 rows: 600 enqueued.\nBatch ${id} (numbers): perch batch ${id}\n`);
    const batch = await until("it runs", async () => producer.batches.find(id));
    assert.deepEqual([batch.status, batch.queued], ["running", 600]);
  }));

test("a batch that is cancelled while it is imported is cut off there", () =>
  withCommands({ startsPaused: true }, async (commands) => {
    const { producer } = commands.stack;
    const importRows: typeof producer.importRows = async (rows, options) => {
      const opened = await producer.importRows(rows, options);
      await commands.actions.cancel(opened.batchId);
      return opened;
    };
    const io = createTestIo({ stdin: fileOf(600) });
    assert.equal(await importCommand({ io, producer: { ...producer, importRows } }, importArgs), 1);
    assert.match(
      io.err(),
      /^Batch \w{26} was cancelled from elsewhere after 250 rows: the rest was not imported\.$/m,
    );
  }));

test("there is no batch of an unknown id", () =>
  withCommands({ startsPaused: true }, async (commands) => {
    for (const id of ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "events", "x:rows:0"]) {
      const { code, io } = await commands.batch(id);
      assert.deepEqual([code, io.err()], [1, `There is no batch ${id}; ended ones go after RETENTION_MS.\n`]);
      assert.equal((await commands.retry({ batch: id, yes: true })).code, 1);
      assert.equal((await commands.cancel({ batch: id, yes: true })).code, 1);
    }
  }));
