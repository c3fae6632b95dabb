import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import type { ImportDeps } from "../../../src/cli/import/deps.ts";
import { type ImportArgs, importCommand } from "../../../src/cli/import/import.ts";
import { header, line } from "../producer/read-harness.ts";
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
    const fake = createFakeProducer(() => ({}));
    const pause = () => assert.fail("nobody waits");
    const { code, io } = await run(goodFile, { name: "May" }, { producer: fake.producer, pause });
    assert.equal(code, 0);
    assert.equal(io.out(), "2 rows: 2 enqueued.\nBatch B1 (May): perch batch B1\n");
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
      /^4 rows: 2 enqueued, 1 rejected\. 1 attached to an install that the number had already\.\n/,
    );
    assert.equal(fake.installs.size, 2);
  });

  it("validates all rows of a dry run and enqueues nothing", async () => {
    const fake = createFakeProducer();
    const { code, io } = await run(mixedFile, { dryRun: true }, { producer: fake.producer });
    assert.equal(code, 1);
    assert.equal(
      io.out(),
      "4 rows: 2 new, 1 attached to an install that the number has, 1 to correct. Nothing was enqueued.\nThe new ones would have ended in about 2 min, at the pace of the last minute.\n",
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
      finishMs: 130_000,
      finishBasis: "pace",
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
    assert.deepEqual([fake.batches[0]?.rowCount, fake.batches[0]?.isCutOff], [2, true]);
  });

  it("takes NDJSON from standard input by its first character", async () => {
    const { code, io } = await run(`\ufeff \n{"workspaceId":1}\n`);
    assert.equal(code, 1);
    assert.match(io.err(), /^row 1: workspaceId must be the workspace's UUID/);
  });

  it("says how far it came when the queue is lost, and lets the error through", async () => {
    const { producer } = createFakeProducer();
    const lost = { ...producer, importRows: () => Promise.reject(new Error("Redis is away")) };
    const io = createTestIo({ stdin: goodFile });
    await assert.rejects(importCommand({ io, producer: lost }, defaults), /Redis is away/);
    assert.match(io.err(), /^Stopped before the first row\. The same command again goes on with the batch/);
  });

  it("says that it goes on with a batch that was cut off", async () => {
    const { producer } = createFakeProducer();
    const importRows: ImportDeps["producer"]["importRows"] = async (rows, options) => ({
      ...(await producer.importRows(rows, options)),
      isContinued: true,
    });
    const { code, io } = await run(goodFile, {}, { producer: { ...producer, importRows } });
    assert.deepEqual([code, io.err()], [0, "Going on with batch B1, which was cut off.\n"]);
  });

  it("ends early, and says so, when the batch is cancelled from elsewhere", async () => {
    const fake = createFakeProducer();
    const importRows: ImportDeps["producer"]["importRows"] = async (rows, options) => {
      const opened = await fake.producer.importRows(rows, options);
      Object.assign(fake.batches[0] ?? {}, { change: { status: "cancelled" } });
      return opened;
    };
    const lines = Array.from({ length: 600 }, (_, index) => line(index));
    const content = `${header}\n${lines.join("\n")}`;
    const { code, io } = await run(content, {}, { producer: { ...fake.producer, importRows } });
    assert.equal(code, 1);
    assert.equal(
      io.err(),
      "Batch B1 was cancelled from elsewhere after 250 rows: the rest was not imported.\n",
    );
    assert.equal(fake.installs.size, 250);
  });

  it("passes canary and halt on, 20 % unless another is given, and refuses what they cannot be", async () => {
    const { producer } = createFakeProducer();
    const asked: unknown[] = [];
    const importRows: ImportDeps["producer"]["importRows"] = (rows, options) => {
      asked.push([options.canary, options.haltAt]);
      return producer.importRows(rows, options);
    };
    for (const given of [
      {},
      { canary: "5" },
      { canary: "1000", haltAt: "0" },
      { haltAt: "33%" },
      { haltAt: "2.5 %" },
    ])
      assert.equal((await run(goodFile, given, { producer: { ...producer, importRows } })).code, 0);
    assert.deepEqual(asked, [
      [undefined, undefined],
      [5, 20],
      [1000, 0],
      [undefined, 33],
      [undefined, 2.5],
    ]);
    for (const canary of ["0", "1001", "1.5", "x", "-1", ""]) {
      const { code, io } = await run(goodFile, { canary }, { producer: { ...producer, importRows } });
      assert.deepEqual([code, io.err()], [2, "--canary must be a whole number from 1 to 1000.\n"]);
    }
    for (const haltAt of ["101", "-1", "x%", "", "%"]) {
      const { code, io } = await run(goodFile, { haltAt }, { producer: { ...producer, importRows } });
      assert.equal(code, 2, haltAt);
      assert.equal(io.err(), "--halt-at must be a percentage from 0 to 100, such as 20 or 20%.\n");
    }
    assert.equal(asked.length, 5);
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
      recentFailures: [],
      failuresByCode: [],
      rejectsByFault: [],
      samples: [],
    });
  });
});

describe("perch import --watch", () => {
  it("waits until all installs have ended and shows every row, at most 110 columns wide", async () => {
    let looks = 0;
    const fake = createFakeProducer((install) => {
      looks += 1;
      if (install.id === "I2") return failedWith("rejected_by_bird");
      return looks > 9 ? completedAs(install.id) : { status: "submitting" };
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
    assert.match(io.out(), /\n4 rows: 2 completed, 1 failed, 1 rejected\. 1 attached to an install/);
    assert.match(
      io.out(),
      /\n1 rejected row: perch batch \w+ --out results\.xlsx\n {2}Correct them there, add the token .*\n$/,
    );
  });

  it("ends well when all installs completed", async () => {
    assert.equal((await run(goodFile, { watch: true })).code, 0);
  });

  it("fails when an install failed or was cancelled, or is gone", async () => {
    for (const settle of [() => failedWith("rate_limited"), () => failedWith("cancelled")]) {
      const { producer } = createFakeProducer(settle);
      assert.equal((await run(goodFile, { watch: true }, { producer })).code, 1);
    }
    const { producer } = createFakeProducer(() => undefined);
    const { code, io } = await run(goodFile, { watch: true }, { producer });
    assert.equal(code, 1);
    assert.match(io.err(), /^row 1: The install is no longer kept\.\nrow 2: /);
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
      "Stopped watching. The batch goes on; watch it again with: perch batch B1 --watch\n",
    );
    assert.equal(io.out(), "");
  });

  it("stops at the signal while it reads a file that never ends", async () => {
    const stop = new AbortController();
    const fake = createFakeProducer();
    const stdin = new Readable({ read: () => undefined });
    stdin.push(`${header}\n${Array.from({ length: 400 }, (_, index) => `${line(index)}\n`).join("")}`);
    const importRows: ImportDeps["producer"]["importRows"] = async (rows, options) => {
      const opened = await fake.producer.importRows(rows, options);
      async function* stopping(): typeof opened.rows {
        for await (const row of opened.rows) {
          if (row.row === 250) stop.abort();
          yield row;
        }
      }
      return { ...opened, rows: stopping() };
    };
    const producer = { ...fake.producer, importRows };
    const { code, io } = await run(stdin, { signal: stop.signal }, { producer });
    assert.equal(code, 130);
    assert.match(io.err(), /^Stopped after 250 rows\. .*the same command again goes on with the batch\./);
    assert.equal(fake.batches[0]?.rows.length, 250);
    assert.equal(fake.batches[0]?.rowCount, undefined, "it is left open");
  });

  it("enqueues nothing when the signal comes before enough rows to know the batch by", async () => {
    const stop = new AbortController();
    const fake = createFakeProducer();
    const stdin = new Readable({ read: () => setImmediate(() => stop.abort()) });
    stdin.push(`${header}\n${line(1)}\n${line(2)}\n${line(3)}\n`);
    const { code, io } = await run(stdin, { signal: stop.signal }, { producer: fake.producer });
    assert.deepEqual([code, io.err()], [130, "Stopped. Nothing was enqueued.\n"]);
    assert.deepEqual(fake.batches, []);
  });

  it("stops at the signal before the first row has come", async () => {
    const stop = new AbortController();
    const stdin = new Readable({ read: () => stop.abort() });
    const { code, io } = await run(stdin, { signal: stop.signal });
    assert.deepEqual([code, io.err()], [130, "Stopped. Nothing was enqueued.\n"]);
  });
});

it("names the line of a row where blank lines come before it", async () => {
  const { io } = await run(`${header}\n${line(1)}\n\n\n${line(2, "")}\n`, { dryRun: true });
  assert.equal(io.err(), "row 2 (line 5): name is missing\n");
});

describe("perch import with options for its columns", () => {
  const withoutToken = `${header.replace(",accessToken", "")}\n${line(1).replace(/,[^,]+$/, "")}\n`;

  it("refuses a file of another encoding before anything is enqueued, however late the byte", () =>
    withFolder(async (folder) => {
      const file = join(folder, "numbers.csv");
      const many = Array.from({ length: 900 }, (_, n) => line(n + 1, n === 800 ? "Müller" : "Shop"));
      await writeFile(file, Buffer.from(`${header}\n${many.join("\n")}\n`, "latin1"));
      const fake = createFakeProducer();
      const refused = await run("", { file }, { producer: fake.producer });
      assert.equal(refused.code, 1);
      assert.match(refused.io.err(), /nothing of it is imported: line 802 .* Pass --encoding windows-1252/);
      assert.equal(fake.batches.length, 0);
      const read = await run("", { file, encoding: "ISO-8859-1" }, { producer: fake.producer });
      assert.equal(read.code, 0);
      assert.ok([...fake.installs.values()].some(({ name }) => name === "Müller"));
    }));

  it("takes a token for all rows from a file, and says when the file has the column too", () =>
    withFolder(async (folder) => {
      const accessTokenFile = join(folder, "token");
      await writeFile(accessTokenFile, "\ufeffEAAG-ALL\n");
      const alone = await run(withoutToken, { accessTokenFile });
      assert.deepEqual([alone.code, alone.io.err()], [0, ""]);
      const both = await run(goodFile, { accessTokenFile });
      assert.equal(both.code, 0);
      assert.match(
        both.io.err(),
        /^The file has a column for accessToken: --access-token-file fills only its/,
      );
    }));

  for (const [args, sentence] of [
    [{ encoding: "ebcdic" }, /^--encoding must be utf-8/],
    [{ map: ["Rufnummer"] }, /^--map must be "Their column=ours"/],
    [{ map: ["Rufnummer=number"] }, /^--map must be/],
    [{ map: ["a=name", "A=wabaId"] }, /^--map names a column more than once/],
    [{ set: ["colour=red"] }, /^--set must be column=value/],
    [{ set: ["accessToken=EAAG"] }, /^--set does not take accessToken, which is secret/],
    [{ set: ["name=a", "Name=b"] }, /^--set sets name more than once/],
    [{ set: ["phoneNumber=1"] }, /^--set phoneNumber must be a phone number/],
    [{ set: ["wabaId=1.0654E+14"] }, /^--set wabaId was turned into a rounded number/],
    [{ workspace: "ws_1" }, /^--workspace must be the workspace's UUID/],
    [{ accessTokenFile: "/nowhere/token" }, /^The file of --access-token-file cannot be read: ENOENT/],
    [{ accessTokenFile: "-" }, /^Standard input is the import file already/],
  ] as const) {
    it(`refuses ${JSON.stringify(args)} before it reads the file`, async () => {
      const { code, io } = await run(goodFile, args);
      assert.equal(code, 2);
      assert.match(io.err(), sentence);
      assert.doesNotMatch(io.err(), /=EAAG|ws_1\b.*ws_1/);
    });
  }
});

it("imports the workbook that it wrote as results, whatever its name ends in", () =>
  withFolder(async (folder) => {
    const [out, accessTokenFile, renamed] = ["r.xlsx", "token", "r.csv"].map((name) => join(folder, name));
    assert.ok(out !== undefined && accessTokenFile !== undefined && renamed !== undefined);
    await writeFile(accessTokenFile, "EAAG-ALL");
    const first = await run(goodFile, { out });
    assert.equal(first.code, 0, first.io.err());
    await writeFile(renamed, await readFile(out));
    for (const file of [out, renamed]) {
      const fake = createFakeProducer();
      const { code, io } = await run("", { file, accessTokenFile }, { producer: fake.producer });
      assert.equal(code, 0, io.err());
      assert.deepEqual(
        [...fake.installs.values()].map(({ phoneId, phoneNumber }) => [phoneId, phoneNumber]),
        [
          ["2000001", "+14155550101"],
          ["2000002", "+14155550102"],
        ],
      );
    }
  }));

describe("perch import --out", () => {
  it("has the separator and the columns of the file that was imported", () =>
    withFolder(async (folder) => {
      for (const separator of [";", "\t"]) {
        const out = join(folder, "results.csv");
        await run(goodFile.replaceAll(",", separator), { out });
        const [names = "", first = ""] = (await readFile(out, "utf8")).split("\n");
        assert.deepEqual(names.split(separator).slice(8), [
          ...["birdMessage", "line", "workspaceId", "name", "wabaId", "phoneId", "phoneNumber"],
        ]);
        assert.equal(first.split(separator).at(-2), "'2000001");
      }
    }));

  it("shows the own input of a row that is attached to another row's install", () =>
    withFolder(async (folder) => {
      const out = join(folder, "results.csv");
      await run(`${header}\n${line(1)}\n${line(1, "Other name")}\n`, { out });
      const [, first = "", second = ""] = (await readFile(out, "utf8")).split("\n");
      assert.match(first, /,Shop 1,/);
      assert.match(second, /,Other name,/);
    }));

  it("waits and writes a results file", () =>
    withFolder(async (folder) => {
      const out = join(folder, "results.csv");
      const { code, io } = await run(mixedFile, { out });
      assert.equal(code, 1);
      assert.match(
        io.out(),
        new RegExp(`\n1 rejected row: ${out}\n  Correct them there, .*\nResults: ${out}\n$`),
      );
      const lines = (await readFile(out, "utf8")).split("\n");
      assert.match(
        lines[0] ?? "",
        /^\ufeffrow,status,installId,connectorId,channelId,errorCode,errorMessage,action,birdMessage,line,workspaceId,name,wabaId,phoneId,phoneNumber$/,
      );
      assert.equal(lines.length, 6);
      assert.equal(lines[4]?.split(",").at(9), "5");
      assert.deepEqual(await readdir(folder), ["results.csv"]);
    }));

  it("refuses a place it cannot write to before anything is enqueued", () =>
    withFolder(async (folder) => {
      const file = join(folder, "numbers.csv");
      await writeFile(file, goodFile);
      for (const [out, sentence] of [
        [join(folder, "results.ods"), /must end in \.csv, \.xlsx, \.ndjson or \.jsonl/],
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
