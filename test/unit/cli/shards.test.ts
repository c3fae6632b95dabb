import assert from "node:assert/strict";
import test from "node:test";
import { shardsCommand } from "../../../src/cli/redis/shards.ts";
import type { ShardOverview } from "../../../src/queue/keyspace/shard-users.ts";
import { createTestIo } from "./test-io.ts";

const api = { role: "api", host: "one", processId: 11, shards: 1 };
const worker = { role: "worker", host: "two", processId: 22, shards: 3 };

const createFake = (overview: Partial<ShardOverview> = {}) => {
  const grown: number[] = [];
  const state = { shards: 1, here: 1, installs: [4], users: [api], isCluster: true, ...overview };
  return {
    grown,
    deps: {
      readOverview: async () => ({ ...state, shards: grown.at(-1) ?? state.shards }),
      grow: async (shards: number) => {
        grown.push(shards);
      },
    },
  };
};

const plain = { yes: false, json: false };

test("perch shards prints how many there are, what each holds and which processes use how many", async () => {
  const io = createTestIo();
  const { deps } = createFake({ shards: 3, here: 3, installs: [4, 0, 1], users: [api, worker] });
  assert.equal(await shardsCommand({ io, ...deps }, plain), 0);
  assert.equal(
    io.out(),
    [
      "3 shards; SHARDS is 3 here.",
      "  shard 0: 4 installs",
      "  shard 1: 0 installs",
      "  shard 2: 1 install",
      "Processes that said so in the last minute:",
      "  api one:11: SHARDS=1",
      "  worker two:22: SHARDS=3",
      "",
    ].join("\n"),
  );
  assert.equal(io.err(), "Start these with SHARDS=3, the same for every process: api one:11.\n");
});

test("perch shards --json prints the same as one resource", async () => {
  const io = createTestIo();
  const { deps } = createFake({ shards: 2, here: 1, installs: [1, 1], users: [], isCluster: false });
  assert.equal(await shardsCommand({ io, ...deps }, { yes: false, json: true }), 0);
  const printed = JSON.parse(io.out());
  const { warnings, ...rest } = printed;
  assert.deepEqual(rest, { shards: 2, here: 1, cluster: false, installs: [1, 1], processes: [] });
  assert.equal(warnings.length, 2);
  assert.match(warnings.join("\n"), /single server.*\n.*set SHARDS=2/);
});

test("perch shards --grow asks first, never shrinks, and knows its bounds", async () => {
  for (const [args, code, says, grown] of [
    [{ grow: 3, yes: false }, 2, /Grow from 1 to 3 shards\? .*api one:11.* add --yes/, []],
    [{ grow: 3, yes: true }, 0, /^$|SHARDS=3/, [3]],
    [{ grow: 1, yes: true }, 0, /^$/, []],
    [{ grow: 0, yes: true }, 2, /from 1 to 27/, []],
    [{ grow: 28, yes: true }, 2, /from 1 to 27/, []],
  ] as const) {
    const io = createTestIo();
    const fake = createFake();
    assert.equal(await shardsCommand({ io, ...fake.deps }, { ...args, json: false }), code);
    assert.match(io.err(), says);
    assert.deepEqual(fake.grown, grown);
  }
  const io = createTestIo();
  const fake = createFake({ shards: 3 });
  assert.equal(await shardsCommand({ io, ...fake.deps }, { grow: 2, yes: true, json: false }), 1);
  assert.match(io.err(), /--grow only adds/);
  assert.deepEqual(fake.grown, []);
});
