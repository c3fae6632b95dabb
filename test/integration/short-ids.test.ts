import assert from "node:assert/strict";
import test from "node:test";
import { createFindId } from "../../src/cli/open/find-id.ts";
import { shortIds } from "../../src/cli/terminal/short-ids.ts";
import { indexId } from "../../src/redis/id-set.ts";
import { withQueue } from "./queue-fixture.ts";

const ids = [
  "01KB6X4Q8Z0AAAAAAAAABCDE01",
  "01KB6X4Q8Z0AAAAAAAAABCDE02",
  "01KB6X4R000BBBBBBBBBBCDE01",
  "01KB7000000CCCCCCCCCCCCCCC",
] as const;

const withIds = (run: (find: (text: string) => Promise<string>) => Promise<void>): Promise<void> =>
  withQueue(async ({ client, keys }) => {
    for (const id of ids)
      await indexId(client, { set: keys.installs, id, keptMs: 60_000, oldestId: "0".repeat(26) });
    await run(createFindId({ client, sets: [keys.installs], what: "install" }));
  });

test("an id is found by any beginning or end that it alone has, in capitals or not", () =>
  withIds(async (find) => {
    assert.equal(await find("01KB7"), ids[3]);
    assert.equal(await find("01kb6x4r"), ids[2]);
    assert.equal(await find("DE02"), ids[1]);
    assert.equal(await find("abcde01"), ids[0]);
    assert.equal(await find(ids[2].toLowerCase()), ids[2]);
  }));

test("an ambiguous beginning or end names the candidates", () =>
  withIds(async (find) => {
    await assert.rejects(find("CDE01"), {
      code: "ambiguous_id",
      message: `CDE01 fits more than one install: ${ids[2]}, ${ids[0]}. Give more of its id.`,
    });
    await assert.rejects(find("01KB6X4Q"), /fits more than one install: .*DE02.*DE01/);
  }));

test("what fits no id, or is too short to name one, stays as it is", () =>
  withIds(async (find) => {
    for (const text of ["nobody", "ZZZZZZZZ", "E01", "", "../../x", "*", "01KB6X4Q8Z0AAAAAAAAABCDE09"])
      assert.equal(await find(text), text);
  }));

test("ids are shown by ends that no two of them share", () => {
  assert.deepEqual(ids.map(shortIds(ids)), ["AABCDE01", "AABCDE02", "BBCDE01".padStart(8, "B"), "CCCCCCCC"]);
  const alike = ["01AAAAAAAAAAAAAA0123456789", "01AAAAAAAAAAAAAA1123456789"];
  assert.deepEqual(alike.map(shortIds(alike)), ["0123456789", "1123456789"]);
  assert.equal(shortIds([ids[0], ids[0]])(ids[0]), "AABCDE01");
});
