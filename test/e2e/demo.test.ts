import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { withPerchFolder } from "../support/perch.ts";

const rowSchema = z.object({
  row: z.string(),
  status: z.string(),
  connectorId: z.string(),
  channelId: z.string(),
  errorCode: z.string(),
  action: z.string(),
  phoneNumber: z.string(),
});

test("the demo ends 0 with a result for every row, and again when it is run again", async () => {
  await withPerchFolder(async ({ run, dir }) => {
    for (const _ of ["first", "second"]) {
      const { code, stdout, stderr } = await run(["demo"]).ended;
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /42 rows: 36 completed, 1 failed, 5 rejected/);
      assert.equal(stdout.match(/^\d+ .* completed /gm)?.length, 3, "three rows that went well");
      assert.equal(stdout.match(/^\d+ .* (?:failed|rejected) /gm)?.length, 6, "every row that did not");
      assert.match(stdout, /\nand 33 more that did not fail\n/);
      assert.match(stdout, new RegExp(`\\nResults: ${join(dir, ".data/demo/results.csv")}\n`));
      assert.doesNotMatch(stdout, /perch batch/, "a batch that is gone with the demo");
      const file = readFileSync(join(dir, ".data/demo/results.csv"), "utf8");
      const rows = z.array(rowSchema).parse(parse(file, { columns: true, bom: true }));
      assert.deepEqual(
        rows.map(({ row }) => Number(row)),
        Array.from({ length: 42 }, (_, index) => index + 1),
      );
      const completed = rows.filter(({ status }) => status === "completed");
      const numbers = new Set(completed.map(({ phoneNumber }) => phoneNumber));
      assert.equal(new Set(completed.map(({ connectorId }) => connectorId)).size, numbers.size);
      assert.equal(new Set(completed.map(({ channelId }) => channelId)).size, numbers.size);
      for (const row of rows.filter(({ status }) => status !== "completed")) {
        assert.ok(row.errorCode !== "" && row.action !== "", JSON.stringify(row));
      }
      assert.ok(!`${stdout}${stderr}${file}`.includes("EAAG"), "no token anywhere");
    }
  });
});

test("bug: a server that the demo has fetched is fetched again by npm start", async () => {
  await withPerchFolder(async ({ run, dir }) => {
    assert.equal((await run(["demo"]).ended).code, 0);
    assert.ok(!existsSync(join(dir, ".data/demo/redis-bin")), "the demo has no server of its own");
  });
});
