import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type InstallArgs, installCommand } from "../../../src/cli/installs/install.ts";
import { type ListArgs, listCommand } from "../../../src/cli/installs/list.ts";
import { statusCommand } from "../../../src/cli/installs/status.ts";
import { keysSealCommand } from "../../../src/cli/keys/seal.ts";
import { WaitTimeoutError } from "../../../src/install/errors/errors.ts";
import { parseInput } from "../../../src/install/errors/input-error.ts";
import { installError } from "../../../src/install/errors/install-error.ts";
import type { Install } from "../../../src/install/install.ts";
import { installRequestSchema } from "../../../src/install/request.ts";
import type { Producer } from "../../../src/producer/producer.ts";
import { parseSealingKeys } from "../../../src/queue/secrets/seal.ts";
import { createTestIo } from "./test-io.ts";
import { withFolder } from "./with-folder.ts";

const at = "2026-01-01T00:00:00.000Z";
const args: InstallArgs = {
  workspace: "5f0c1d2e-0000-4000-8000-000000000001",
  name: "Shop",
  waba: "1234567890",
  phoneId: "2000001",
  phone: "+1 415 555 0101",
  wait: false,
  json: false,
};

/** A producer that takes a request and ends it in the way given. */
const producerEnding = (end: Partial<Install> | Error = { status: "completed" }) => {
  const tokens: string[] = [];
  let enqueued: Install | undefined;
  const producer: Pick<Producer, "enqueue" | "waitFor"> = {
    enqueue: async (request) => {
      const { accessToken, invitationToken: _, ...shown } = parseInput(installRequestSchema, request);
      tokens.push(accessToken);
      enqueued = { ...shown, id: "I1", status: "queued", attempts: 0, createdAt: at, updatedAt: at };
      return { install: enqueued, created: true };
    },
    waitFor: async () => {
      if (end instanceof Error || enqueued === undefined) throw end;
      return { ...enqueued, ...end };
    },
  };
  return { producer, tokens };
};

describe("perch install", () => {
  it("reads the token from standard input and prints the install without it", async () => {
    const io = createTestIo({ stdin: "EAAG-canary\n" });
    const { producer, tokens } = producerEnding();
    assert.equal(await installCommand({ io, producer }, args), 0);
    assert.deepEqual(tokens, ["EAAG-canary"]);
    assert.match(io.out(), /^Install I1 waits for its turn\.\n {2}number {5}\+14155550101 \(Shop\)\n/);
    assert.ok(!(io.out() + io.err()).includes("canary"));
  });

  it("reads the token from a file", () =>
    withFolder(async (folder) => {
      const accessTokenFile = join(folder, "token");
      await writeFile(accessTokenFile, "EAAG-canary\r\n");
      const io = createTestIo({ isStdinTty: true });
      const { producer, tokens } = producerEnding();
      assert.equal(await installCommand({ io, producer }, { ...args, accessTokenFile, json: true }), 0);
      assert.deepEqual(tokens, ["EAAG-canary"]);
      assert.equal(JSON.parse(io.out()).phoneNumber, "+14155550101");
      assert.equal(await installCommand({ io, producer }, { ...args, accessTokenFile: `${folder}/no` }), 1);
      assert.match(io.err(), /^The access token cannot be read from /);
    }));

  it("does not wait for a token to be typed", async () => {
    const io = createTestIo({ isStdinTty: true });
    const { producer } = producerEnding();
    assert.equal(await installCommand({ io, producer }, args), 2);
    assert.match(io.err(), /^The access token is missing: name its file with --access-token-file/);
  });

  it("names every wrong option at once, and never the token", async () => {
    const io = createTestIo({ stdin: "canary with spaces" });
    const { producer } = producerEnding();
    const wrong = { ...args, workspace: "ws_1", phone: "12", birdPhoneId: "x" };
    assert.equal(await installCommand({ io, producer }, wrong), 1);
    assert.match(
      io.err(),
      /^--workspace must be .*\n--phone must be .*\n--bird-phone-id must be .*\nthe access token must be one line .*\n$/,
    );
    assert.ok(!io.err().includes("canary"));
  });

  it("refuses an empty token and one that is far too long", async () => {
    for (const stdin of ["\n", "x".repeat(100_000)]) {
      const io = createTestIo({ stdin });
      const { producer, tokens } = producerEnding();
      assert.equal(await installCommand({ io, producer }, args), 1);
      assert.match(io.err(), /access token/);
      assert.deepEqual(tokens, []);
    }
  });

  it("waits for the end and prints it", async () => {
    const good = createTestIo({ stdin: "t" });
    const completed = {
      status: "completed",
      connectorId: "C1",
      channelId: "H1",
      channelStatus: "active",
    } as const;
    const waiting = { ...args, wait: true };
    assert.equal(
      await installCommand({ io: good, producer: producerEnding(completed).producer }, waiting),
      0,
    );
    assert.match(good.out(), /is completed\.\n[\s\S]*connector {2}C1\n {2}channel {4}H1 active\n/);

    const bad = createTestIo({ stdin: "t" });
    const failed = { status: "failed", error: installError({ code: "channel_not_ready" }) } as const;
    assert.equal(await installCommand({ io: bad, producer: producerEnding(failed).producer }, waiting), 1);
    assert.match(
      bad.out(),
      /has failed\.\n[\s\S]*error {6}channel_not_ready: .*\n {2}next step {2}for the owner of the number: Finish/,
    );

    const slow = createTestIo({ stdin: "t" });
    const { producer } = producerEnding(new WaitTimeoutError("I1"));
    assert.equal(await installCommand({ io: slow, producer }, waiting), 1);
    assert.match(slow.err(), /Install I1 has not ended yet/);
  });
});

const install: Install = {
  workspaceId: args.workspace,
  name: "Shop\u001b[31m",
  wabaId: "1",
  phoneId: "1",
  phoneNumber: "+14155550101",
  id: "01K00000000000000000000001",
  status: "awaiting_channel",
  batchId: "B1",
  row: 7,
  connectorId: "C1",
  attempts: 1,
  createdAt: at,
  updatedAt: at,
  nextActionAt: at,
};

describe("perch status", () => {
  const timeline = [
    { at, what: "queued" },
    { at, what: "created at Bird", connectorId: "C1", birdStatus: undefined },
  ];
  const producer = {
    installs: {
      find: async (id: string) => (id === install.id ? install : undefined),
      timeline: async () => timeline,
    },
  };

  it("prints an install and its timeline in plain words, whatever its name holds", async () => {
    const io = createTestIo();
    assert.equal(await statusCommand({ io, producer }, { id: install.id, json: false }), 0);
    assert.match(
      io.out(),
      /waits for its channel at Bird\.\n[\s\S]*batch {6}B1, row 7\n[\s\S]*continues {2}by itself at /,
    );
    assert.match(io.out(), /\n {2}2026-01-01T00:00:00\.000Z {2}created at Bird \(connectorId C1\)\n$/);
    assert.ok(!io.out().includes("\u001b"));
  });

  it("prints the API's resource", async () => {
    const io = createTestIo();
    assert.equal(await statusCommand({ io, producer }, { id: install.id, json: true }), 0);
    assert.deepEqual(JSON.parse(io.out()), JSON.parse(JSON.stringify({ ...install, timeline })));
  });

  it("says that there is no such install", async () => {
    const io = createTestIo();
    assert.equal(await statusCommand({ io, producer }, { id: "nope", json: false }), 1);
    assert.match(io.err(), /^There is no install nope: /);
  });
});

describe("perch list", () => {
  const listArgs: ListArgs = { limit: 50, json: false };

  it("passes the filters on, shows a table and where the next page begins", async () => {
    const io = createTestIo();
    const asked: unknown[] = [];
    const list: Producer["installs"]["list"] = async (options) => {
      asked.push(options);
      return { items: [install], nextCursor: "01K" };
    };
    const cursor = "01K00000000000000000000001";
    const filters = { status: ["failed"], workspace: "W", batch: "B1", cursor, limit: 3 };
    assert.equal(await listCommand({ io, producer: { installs: { list } } }, { ...listArgs, ...filters }), 0);
    const unset = { phoneNumber: undefined, name: undefined, sinceMs: undefined, untilMs: undefined };
    const unsought = { search: undefined, isStuck: undefined, order: undefined };
    assert.deepEqual(asked, [
      { ...unset, ...unsought, status: ["failed"], workspaceId: "W", batchId: "B1", limit: 3, cursor },
    ]);
    assert.match(
      io.out(),
      /^install +number +name +status +code +age\n\S{8} \+14155550101 Shop \[31m awaiting_channel +\d+d\nnext page: --cursor 01K\n$/,
    );
  });

  it("prints the page as JSON, and says when there is nothing", async () => {
    const list = async () => ({ items: [], nextCursor: undefined });
    const io = createTestIo();
    assert.equal(await listCommand({ io, producer: { installs: { list } } }, { ...listArgs, json: true }), 0);
    assert.deepEqual(JSON.parse(io.out()), { items: [] });
    assert.equal(await listCommand({ io, producer: { installs: { list } } }, listArgs), 0);
    assert.equal(io.err(), "No installs.\n");
  });

  it("refuses an unknown status, a limit out of bounds and what no page printed as its cursor", async () => {
    const list = () => assert.fail("asked for a page");
    for (const wrong of [
      ...[{ status: ["done"] }, { limit: 0 }, { limit: 1001 }, { limit: Number.NaN }, { since: "soon" }],
      ...[{ phone: "12" }, { code: "odd" }, { name: "" }, { cursor: "" }, { cursor: "01K" }],
    ]) {
      const io = createTestIo();
      assert.equal(await listCommand({ io, producer: { installs: { list } } }, { ...listArgs, ...wrong }), 2);
      assert.match(io.err(), /^--(status|limit|since|phone|code|name|cursor) must (not )?be /);
    }
  });
});

describe("perch keys seal", () => {
  it("prints a line for .env that can be read back", async () => {
    const io = createTestIo();
    assert.equal(await keysSealCommand({ io }, { json: false }), 0);
    assert.ok(parseSealingKeys(io.out().trim().replace("SEALING_KEYS=", "")));
    assert.match(io.err(), /rotate/);
    const asJson = createTestIo();
    assert.equal(await keysSealCommand({ io: asJson }, { json: true }), 0);
    assert.ok(parseSealingKeys(JSON.parse(asJson.out()).sealingKey));
  });
});
