import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { type ImportArgs, importCommand } from "../../../src/cli/import.ts";
import type { ImportDeps } from "../../../src/cli/import-deps.ts";
import { header, line } from "../producer/read-bench.ts";
import { completedAs, createFakeProducer, failedWith } from "./fake-producer.ts";
import { createTestIo, type TestIo } from "./test-io.ts";
import { withFolder } from "./with-folder.ts";

const defaults = {
  file: "-",
  dryRun: false,
  watch: false,
  ignoreUnknownColumns: false,
  json: false,
} as const;

const run = async (
  content: string | Readable,
  args: Partial<ImportArgs> = {},
  deps: Partial<ImportDeps> & { readonly isTty?: boolean } = {},
): Promise<{ code: number; io: TestIo }> => {
  const { isTty = false, ...others } = deps;
  const io = createTestIo({ stdin: content, isTty });
  const { producer } = createFakeProducer();
  const code = await importCommand(
    { io, producer, pause: async () => undefined, ...others },
    { ...defaults, ...args },
  );
  return { code, io };
};

const goodFile = `${header}\n${line(1)}\n${line(2)}\n`;
const mixedFile = `${header}\n${line(1)}\n${line(2, "").replace("1234567890", "x")}\n${line(3)}\n${line(1)}\n`;

describe("perch import", () => {
  it("enqueues every row and returns without waiting", async () => {
    const fake = createFakeProducer(() => assert.fail("nobody waits"));
    const { code, io } = await run(goodFile, { name: "May" }, { producer: fake.producer });
    assert.equal(code, 0);
    assert.equal(io.out(), "2 rows: 2 enqueued.\nBatch B1 (May): perch list --batch B1\n");
    assert.equal(io.err(), "");
    assert.deepEqual([fake.batches[0]?.name, fake.batches[0]?.rowCount], ["May", 2]);
  });

  it("prints every fault of every rejected row and enqueues the others", async () => {
    const fake = createFakeProducer();
    const { code, io } = await run(mixedFile, {}, { producer: fake.producer });
    assert.equal(code, 1);
    assert.equal(
      io.err(),
      "row 2: name is missing\nrow 2: wabaId must be the digits of the WhatsApp Business Account id, nothing else\n",
    );
    assert.match(
      io.out(),
      /^4 rows: 2 enqueued, 1 rejected\. 1 joined an install that the number had already\.\n/,
    );
    assert.equal(fake.installs.size, 2);
  });

  it("judges all rows of a dry run and enqueues nothing", async () => {
    const fake = createFakeProducer();
    const { code, io } = await run(mixedFile, { dryRun: true }, { producer: fake.producer });
    assert.equal(code, 1);
    assert.equal(
      io.out(),
      "4 rows: 2 new, 1 joining an install that the number has, 1 to correct. Nothing was enqueued.\n",
    );
    assert.match(io.err(), /^row 2: name is missing.*\nrow 2: wabaId must be/);
    assert.equal(fake.batches.length, 0);

    const asJson = await run(mixedFile, { dryRun: true, json: true }, { producer: fake.producer });
    const { errors, ...counts } = JSON.parse(asJson.io.out());
    assert.deepEqual(counts, {
      rows: 4,
      valid: 3,
      created: 2,
      attached: 1,
      installed: 0,
      blocked: 0,
      rejected: 1,
    });
    assert.deepEqual(
      errors[0].errors.map(({ path }: { path: string }) => path),
      ["/name", "/wabaId"],
    );
    assert.equal((await run(goodFile, { dryRun: true })).code, 0);
  });

  for (const [what, content] of [
    ["unknown columns", `${header},label\n${line(1)},x\n`],
    ["a header alone", `${header}\n`],
    ["nothing", ""],
  ] as const) {
    it(`refuses a file with ${what} before it opens a batch`, async () => {
      const fake = createFakeProducer();
      const { code, io } = await run(content, {}, { producer: fake.producer });
      assert.equal(code, 1);
      assert.match(io.err(), /^standard input: The (header|file) .*\.\n$/);
      assert.equal(io.out(), "");
      assert.equal(fake.batches.length, 0);
    });
  }

  it("says in one sentence why a file cannot be read", () =>
    withFolder(async (folder) => {
      const missing = await run("", { file: join(folder, "gone.csv") });
      assert.deepEqual(
        [missing.code, missing.io.err()],
        [1, "gone.csv: The file cannot be read: there is no such file.\n"],
      );
      const isFolder = await run("", { file: folder });
      assert.equal(isFolder.code, 1);
      assert.match(isFolder.io.err(), /: The file cannot be read: it is a folder\.\n$/);
    }));

  it("enqueues the rows on both sides of one that cannot be read, and names it", async () => {
    const fake = createFakeProducer();
    const content = `${goodFile}\0\n${"x".repeat(1_100_000)}\n${line(3)}`;
    const { code, io } = await run(content, {}, { producer: fake.producer });
    assert.equal(code, 1);
    assert.match(
      io.err(),
      /^row 3: holds NUL bytes: save.*\nrow 4: is longer than 1,048,576 characters: check.*\n$/,
    );
    assert.equal(fake.installs.size, 3);
    assert.equal(fake.batches[0]?.rowCount, 5);
  });

  it("enqueues the rows before the place where the file can be read no further, and says so", async () => {
    const fake = createFakeProducer();
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from(goodFile);
        throw Object.assign(new Error("i/o error"), { code: "EIO" });
      })(),
    );
    const { code, io } = await run(broken, {}, { producer: fake.producer });
    assert.equal(code, 1);
    assert.equal(
      io.err(),
      "The file cannot be read to its end: EIO.\nWhat comes before it (2 rows) was read. Correct it and import the file again.\n",
    );
    assert.equal(fake.installs.size, 2);
    assert.equal(fake.batches[0]?.rowCount, 2);
  });

  it("takes NDJSON from standard input by its first character", async () => {
    const { code, io } = await run(`\ufeff \n{"workspaceId":1}\n`);
    assert.equal(code, 1);
    assert.match(io.err(), /^row 1: workspaceId must be the workspace's UUID/);
  });

  it("says how far it came when the queue is lost, and lets the error through", async () => {
    const fake = createFakeProducer();
    const producer = {
      ...fake.producer,
      // biome-ignore lint/correctness/useYield: it breaks before the first row
      enqueueRows: async function* () {
        throw new Error("Redis is away");
      },
    };
    const io = createTestIo({ stdin: goodFile });
    await assert.rejects(importCommand({ io, producer }, defaults), /Redis is away/);
    assert.match(io.err(), /^Stopped after row 0\. Import the file again/);
  });

  it("prints the batch as JSON", async () => {
    const { code, io } = await run(mixedFile, { json: true, name: "May" });
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(io.out()), {
      id: "B1",
      name: "May",
      status: "finished",
      rows: 4,
      accepted: 2,
      attached: 1,
      rejected: 1,
      queued: 0,
      awaiting: 0,
      completed: 3,
      failed: 0,
      cancelled: 0,
      createdAt: "2026-01-01T00:00:00.000Z",
    });
  });
});

describe("perch import --watch", () => {
  it("waits until all installs have ended and shows every row, at most 110 columns wide", async () => {
    let looks = 0;
    const fake = createFakeProducer((install) => {
      looks += 1;
      if (install.id === "I2") return failedWith("rejected_by_bird");
      return looks > 6 ? completedAs(install.id) : { status: "submitting" };
    });
    const pauses: number[] = [];
    const pause = async (ms: number) => pauses.push(ms);
    const { code, io } = await run(mixedFile, { watch: true }, { producer: fake.producer, pause });
    assert.equal(code, 1);
    assert.ok(pauses.length > 0);
    const lines = io.out().split("\n");
    assert.ok(lines.every((text) => text.length <= 110));
    assert.match(lines[0] ?? "", /^row +number +status +connector +channel$/);
    assert.match(
      lines[1] ?? "",
      /^1 +\+14155550101 +completed 00000000-0000-4000-8000-c\S+ 00000000-0000-4000-8000-d\S+$/,
    );
    assert.match(lines[2] ?? "", /^2 +\+14155550102 +rejected +name is missing/);
    assert.match(io.out(), /\n3 +\+14155550103 +failed +rejected_by_bird: Compare the WABA id/);
    assert.match(io.out(), /\n4 rows: 2 completed, 1 failed, 1 rejected\. 1 joined an install/);
  });

  it("ends well when all installs completed", async () => {
    assert.equal((await run(goodFile, { watch: true })).code, 0);
  });

  it("fails when an install failed or was cancelled, or is gone", async () => {
    for (const settle of [() => failedWith("rate_limited"), () => failedWith("cancelled")]) {
      const { producer } = createFakeProducer(settle);
      assert.equal((await run(goodFile, { watch: true }, { producer })).code, 1);
    }
    const { producer } = createFakeProducer();
    const installs = { findMany: async (ids: readonly string[]) => ids.map(() => undefined) };
    assert.equal((await run(goodFile, { watch: true }, { producer: { ...producer, installs } })).code, 1);
  });

  it("shows only failed rows of a large batch", async () => {
    const lines = Array.from({ length: 300 }, (_, index) => line(index));
    const { producer } = createFakeProducer(({ id }) =>
      id === "I7" ? failedWith("rate_limited") : completedAs(id),
    );
    const { io } = await run(`${header}\n${lines.join("\n")}`, { watch: true }, { producer });
    assert.match(
      io.out(),
      /^row .*\n7 +\+14155550106 +failed +rate_limited: .*\n +limit, then retry\.\n300 rows: 299 completed, 1 failed\.\n/,
    );
  });

  it("stops at the signal while it waits, and says that installs go on", async () => {
    const stop = new AbortController();
    const { producer } = createFakeProducer(() => ({ status: "held" }));
    const pause = async () => {
      stop.abort();
      throw stop.signal.reason;
    };
    const { code, io } = await run(goodFile, { watch: true, signal: stop.signal }, { producer, pause });
    assert.equal(code, 130);
    assert.equal(
      io.err(),
      "Stopped after 2 rows. What is enqueued (2 installs) goes on; look at it with: perch list --batch B1\n",
    );
    assert.equal(io.out(), "");
  });

  it("stops at the signal while it reads a file that never ends", async () => {
    const stop = new AbortController();
    const fake = createFakeProducer();
    const stdin = new Readable({ read: () => undefined });
    stdin.push(`${header}\n${Array.from({ length: 400 }, (_, index) => `${line(index)}\n`).join("")}`);
    const producer: ImportDeps["producer"] = {
      ...fake.producer,
      enqueueRows: async function* (rows, options) {
        for await (const row of fake.producer.enqueueRows(rows, options)) {
          yield row;
          if (row.row === 250) stop.abort();
        }
      },
    };
    const { code, io } = await run(stdin, { signal: stop.signal }, { producer });
    assert.equal(code, 130);
    assert.match(io.err(), /^Stopped after 250 rows\. What is enqueued \(250 installs\) goes on/);
    assert.equal(fake.batches[0]?.rowCount, 250);
  });

  it("stops at the signal before the first row has come", async () => {
    const stop = new AbortController();
    const stdin = new Readable({ read: () => stop.abort() });
    const { code, io } = await run(stdin, { signal: stop.signal });
    assert.deepEqual([code, io.err()], [130, "Stopped. Nothing was enqueued.\n"]);
  });
});

describe("perch import --out", () => {
  it("waits and writes a results file", () =>
    withFolder(async (folder) => {
      const out = join(folder, "results.csv");
      const { code, io } = await run(mixedFile, { out });
      assert.equal(code, 1);
      assert.match(io.out(), new RegExp(`\nResults: ${out}\n$`));
      const lines = (await readFile(out, "utf8")).split("\n");
      assert.match(
        lines[0] ?? "",
        /^row,status,installId,connectorId,channelId,errorCode,errorMessage,action,workspaceId,/,
      );
      assert.equal(lines.length, 6);
      assert.deepEqual(await readdir(folder), ["results.csv"]);
    }));

  it("refuses a place it cannot write to before anything is enqueued", () =>
    withFolder(async (folder) => {
      const file = join(folder, "numbers.csv");
      await writeFile(file, goodFile);
      for (const [out, sentence] of [
        [join(folder, "results.xlsx"), /must end in \.csv, \.ndjson or \.jsonl/],
        [join(folder, "missing", "results.csv"), /does not exist or may not be written to/],
        [file, /^The results would replace the import file/],
      ] as const) {
        const fake = createFakeProducer();
        const { code, io } = await run("", { file, out }, { producer: fake.producer });
        assert.equal(code, 2);
        assert.match(io.err(), sentence);
        assert.equal(fake.batches.length, 0);
      }
      assert.equal(await readFile(file, "utf8"), goodFile);
      assert.equal((await run("", { file, dryRun: true, out: "x.csv" })).code, 2);
    }));
});

it("draws a bar on a terminal, with the lines of rejected rows above it, and takes it away", () =>
  withFolder(async (folder) => {
    const file = join(folder, "numbers.csv");
    await writeFile(file, mixedFile);
    const { code, io } = await run("", { file, watch: true }, { isTty: true });
    assert.equal(code, 1);
    assert.match(io.err(), /\[=* *-*\]/);
    assert.match(io.err(), /row 2: name is missing.*\n/);
    assert.ok(io.err().endsWith("\u001b[0J"), JSON.stringify(io.err().slice(-40)));
  }));

it("never shows or keeps a token", () =>
  withFolder(async (folder) => {
    const token = "EAAG-canary";
    const content = `${header},invitationToken\n${[
      `${line(1).replace(/EAAG.*/, token)},${token}`,
      `${line(2).replace(/EAAG.*/, `"${token}`)},`,
      `${line(3).replace(/EAAG.*/, `${token}"`)},`,
      `${line(4, "").replace(/EAAG.*/, token)},${token}`,
      `${line(5, "a,b").replace(/EAAG.*/, token)},${token}`,
      `${line(6).replace(/EAAG.*/, `${token} ${token}`)},${token}`,
    ].join("\n")}\n`;
    for (const ending of ["csv", "ndjson"]) {
      for (const json of [true, false]) {
        const fake = createFakeProducer(() => failedWith("rejected_by_bird"));
        const out = join(folder, `results.${ending}`);
        const { io } = await run(content, { out, json }, { producer: fake.producer });
        assert.equal(fake.batches[0]?.rows.length, 6);
        const results = await readFile(out, "utf8");
        for (const text of [io.out(), io.err(), results, JSON.stringify(fake.batches)]) {
          assert.ok(!text.includes("canary"), text);
        }
      }
    }
  }));
