import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { importCommand } from "../../src/cli/import/import.ts";
import { readFaultsFile } from "../../src/sandbox/faults/read-file.ts";
import { contentOf } from "../support/content-of.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { storedNames } from "../support/stored-names.ts";
import { createTestIo } from "../unit/cli/test-io.ts";

const example = (name: string): string => join(import.meta.dirname, "../../examples", name);
const token = /EAAG-EXAMPLE/;
const args = { dryRun: false, watch: true, ignoreUnknownColumns: false, json: false } as const;

const withFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "perch-test-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Everything that is kept, as text. */
const readAllKeys = async ({ client, keys }: Pick<Stack, "client" | "keys">): Promise<string> => {
  const names = await storedNames(client, keys);
  assert.ok(names.length > 40);
  const contents = await Promise.all(names.map((name) => contentOf(client, name)));
  return JSON.stringify([names, contents]);
};

describe("importing examples/numbers.csv against the sandbox with its faults", () => {
  it("installs the good rows, names every bad one, writes the results, and keeps no token in clear", async () => {
    const faults = await readFaultsFile(example("sandbox-faults.json"));
    await withFolder((folder) =>
      withStack({ sandbox: { faults } }, async ({ producer, client, keys, sandbox }) => {
        const out = join(folder, "results.csv");
        const io = createTestIo();
        const code = await importCommand({ io, producer }, { ...args, file: example("numbers.csv"), out });
        assert.equal(code, 1);
        const notes = io
          .err()
          .split("\n")
          .filter((line) => line.startsWith("row "));
        assert.deepEqual(
          notes.map((line) => line.split(" ").slice(0, 3).join(" ")),
          [
            "row 8: name",
            "row 15: phoneNumber",
            "row 24: workspaceId",
            "row 33: phoneId",
            "row 38: channelConversationalStatusEnabled",
            "row 28: rejected_by_bird:",
          ],
        );
        assert.match(
          io.out(),
          /\n42 rows: 36 completed, 1 failed, 5 rejected\. 1 attached to an install that the number had already\.\n/,
        );
        assert.ok(
          io
            .out()
            .split("\n")
            .every((line) => line.length <= 110),
        );

        const results = (await readFile(out, "utf8")).trimEnd().split("\n");
        assert.equal(results.length, 43);
        assert.match(results[28] ?? "", /^28,failed,\w+,,,rejected_by_bird,/);
        assert.match(results[2] ?? "", /^2,completed,\w{26},[\w-]{36},[\w-]{36},,,,/);
        assert.equal(results[41]?.split(",")[2], results[2]?.split(",")[2]);

        assert.doesNotMatch(io.out() + io.err() + results.join("\n"), token);
        assert.doesNotMatch(await readAllKeys({ client, keys }), token);

        const again = createTestIo();
        await importCommand({ io: again, producer }, { ...args, file: example("numbers.csv"), watch: false });
        assert.match(again.out(), /^42 rows: 1 enqueued, 5 rejected\. 36 attached to an install/);
        assert.ok(Object.values(sandbox.report().creates).every((count) => count === 1));
      }),
    );
  });

  it("installs the failed rows of a results file once they are corrected and have their token", () =>
    withFolder((folder) =>
      withStack({}, async ({ producer }) => {
        const first = join(folder, "first.csv");
        const second = join(folder, "second.csv");
        const content = (await readFile(example("numbers.csv"), "utf8")).split("\n");
        await writeFile(first, [content[0], content[1], content[8], ""].join("\n"));
        const out = join(folder, "results.csv");
        const io = createTestIo();
        assert.equal(await importCommand({ io, producer }, { ...args, file: first, out }), 1);

        const [header, , rejected] = (await readFile(out, "utf8")).split("\n");
        const corrected = rejected?.replace(/(rejected.*?send it again\.,,\d*,[\w-]{36}),,/, "$1,Corrected,");
        await writeFile(second, `${header},Access Token\n${corrected},EAAG-EXAMPLE-8\n`);
        const better = createTestIo();
        assert.equal(
          await importCommand({ io: better, producer }, { ...args, file: second }),
          0,
          better.err(),
        );
        assert.match(better.out(), /\n1 row: 1 completed\.\n/);
      }),
    ));
});
