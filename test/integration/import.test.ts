import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { importCommand } from "../../src/cli/import.ts";
import type { RedisClient } from "../../src/queue/redis-client.ts";
import { readFaultsFile } from "../../src/sandbox/read-faults-file.ts";
import { withStack } from "../support/stack.ts";
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

/** Everything readable under a prefix, as text. */
const readAllKeys = async (client: RedisClient, prefix: string): Promise<string> => {
  const readers = new Map<string, (name: string) => Promise<unknown>>([
    ["hash", (name) => client.hgetall(name)],
    ["string", (name) => client.get(name)],
    ["list", (name) => client.lrange(name, 0, -1)],
    ["stream", (name) => client.xrange(name, "-", "+")],
  ]);
  const texts: string[] = [];
  for (const name of await client.keys(`${prefix}*`)) {
    texts.push(JSON.stringify(await readers.get(await client.type(name))?.(name)) ?? "");
  }
  assert.ok(texts.length > 40);
  return texts.join("\n");
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
          /\n42 rows: 36 completed, 1 failed, 5 rejected\. 1 joined an install that the number had already\.\n/,
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
        assert.doesNotMatch(await readAllKeys(client, keys.prefix), token);

        const again = createTestIo();
        await importCommand({ io: again, producer }, { ...args, file: example("numbers.csv"), watch: false });
        assert.match(again.out(), /^42 rows: 1 enqueued, 5 rejected\. 36 joined an install/);
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
        const corrected = rejected?.replace(/(rejected.*?send it again\.,[\w-]{36}),,/, "$1,Corrected,");
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
