import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { findApiKey, parseApiKeys } from "../../../src/api/auth/api-keys.ts";
import { cancelCommand } from "../../../src/cli/installs/cancel.ts";
import { retryCommand } from "../../../src/cli/installs/retry.ts";
import { uninstallCommand } from "../../../src/cli/installs/uninstall.ts";
import { keysApiCommand } from "../../../src/cli/keys/api.ts";
import { InstallNotFoundError, InstallStateError } from "../../../src/install/errors/errors.ts";
import type { Install } from "../../../src/install/install.ts";
import type { InstallChange } from "../../../src/install/request.ts";
import { createFakeProducer } from "./fake-producer.ts";
import { createTestIo } from "./test-io.ts";
import { withFolder } from "./with-folder.ts";

const at = "2026-01-01T00:00:00.000Z";
const [one, two, gone, ended] = ["A", "B", "C", "D"].map((end) => `01ARZ3NDEKTSV4RRFFQ69G5FA${end}`);
if (one === undefined || two === undefined || gone === undefined || ended === undefined)
  throw new Error("four ids");

const viewOf = (id: string): Install => ({
  id,
  workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
  name: "Shop",
  wabaId: "1",
  phoneId: "2",
  phoneNumber: "+14155550101",
  status: "queued",
  attempts: 0,
  createdAt: at,
  updatedAt: at,
});

/** Acts that are written down; one install is gone and one is in another state. */
const createActs = () => {
  const done: (readonly [id: string, change?: InstallChange])[] = [];
  const act = async (id: string, change?: InstallChange): Promise<Install> => {
    if (id === gone) throw new InstallNotFoundError(id);
    if (id === ended) throw new InstallStateError("It has ended already.");
    done.push(change === undefined ? [id] : [id, change]);
    return viewOf(id);
  };
  return { done, act, actions: { retry: act, cancel: (id: string) => act(id) } };
};

/** For commands that take ids. */
const noBatches = {
  batchActions: { retry: () => assert.fail("no batch"), cancel: () => assert.fail("no batch") },
  producer: createFakeProducer().producer,
};

describe("perch retry", () => {
  it("starts one install again without asking", async () => {
    const io = createTestIo();
    const { actions, done } = createActs();
    assert.equal(
      await retryCommand({ io, actions, ...noBatches }, { ids: [one], yes: false, json: false }),
      0,
    );
    assert.deepEqual(done, [[one, {}]]);
    assert.match(io.out(), /^Install 01ARZ\S+ waits for its turn\./);
  });

  it("replaces the token by one from a file, and never shows it", () =>
    withFolder(async (folder) => {
      const accessTokenFile = join(folder, "token");
      await writeFile(accessTokenFile, "EAAG-canary\n");
      const io = createTestIo();
      const { actions, done } = createActs();
      const args = { ids: [one, two, one], accessTokenFile, yes: true, json: true };
      assert.equal(await retryCommand({ io, actions, ...noBatches }, args), 0);
      assert.deepEqual(done, [
        [one, { accessToken: "EAAG-canary" }],
        [two, { accessToken: "EAAG-canary" }],
      ]);
      assert.equal(JSON.parse(io.out()).length, 2);
      assert.doesNotMatch(io.out() + io.err(), /canary/);
      const missing = { ...args, accessTokenFile: join(folder, "none") };
      assert.equal(await retryCommand({ io, actions, ...noBatches }, missing), 1);
      assert.match(io.err(), /cannot be read from/);
    }));

  it("reports each that cannot be started and continues with the others", async () => {
    const io = createTestIo();
    const { actions, done } = createActs();
    const args = { ids: [gone, ended, "events", one], yes: true, json: false };
    assert.equal(await retryCommand({ io, actions, ...noBatches }, args), 1);
    assert.deepEqual(done, [[one, {}]]);
    assert.match(
      io.err(),
      /^01\S+C: There is no install .*\n01\S+D: It has ended already\.\nevents: There is no/,
    );
  });
});

describe("perch retry and cancel of a batch", () => {
  const wrong = async (args: object, command: "retry" | "cancel" = "retry") => {
    const io = createTestIo();
    const { actions } = createActs();
    const deps = { io, actions, ...noBatches };
    const all = { ids: [], yes: true, json: false, ...args };
    const code = await (command === "retry" ? retryCommand(deps, all) : cancelCommand(deps, all));
    return { code, said: io.err() };
  };

  it("take ids or a batch, and not both", async () => {
    for (const command of ["retry", "cancel"] as const) {
      const both = await wrong({ ids: [one], batch: two }, command);
      assert.deepEqual([both.code, /not both\.\n$/.test(both.said)], [2, true]);
      const neither = await wrong({}, command);
      assert.deepEqual([neither.code, /with --batch\.\n$/.test(neither.said)], [2, true]);
    }
  });

  it("take only code= as a filter, and list the codes", async () => {
    for (const where of ["code=odd", "code=", "status=failed", "code", "code=internal=x", "code=toString"]) {
      const { code, said } = await wrong({ batch: two, where });
      assert.equal(code, 2, where);
      assert.match(said, /^--where must be code= and one of invalid_request, .*, internal\.\n$/);
    }
    const { code, said } = await wrong({ ids: [one], where: "code=internal" });
    assert.deepEqual([code, /name it with --batch\.\n$/.test(said)], [2, true]);
  });

  it("say that there is no such batch, whatever its id looks like", async () => {
    for (const command of ["retry", "cancel"] as const) {
      const { code, said } = await wrong({ batch: "events" }, command);
      assert.deepEqual([code, /^There is no batch events; /.test(said)], [1, true]);
    }
  });
});

describe("perch cancel", () => {
  it("requires --yes for several without a terminal", async () => {
    const io = createTestIo();
    const { actions, done } = createActs();
    assert.equal(
      await cancelCommand({ io, actions, ...noBatches }, { ids: [one, two], yes: false, json: false }),
      2,
    );
    assert.deepEqual(done, []);
    assert.match(io.err(), /^Cancel 2 installs\? Standard input is not a terminal: add --yes/);
    assert.equal(
      await cancelCommand({ io, actions, ...noBatches }, { ids: [one, two], yes: true, json: false }),
      0,
    );
    assert.deepEqual(done, [[one], [two]]);
    assert.equal(
      await cancelCommand({ io, actions, ...noBatches }, { ids: [one, one], yes: false, json: false }),
      0,
    );
  });

  it("does not hide a fault", async () => {
    const cancel = () => Promise.reject(new Error("fault"));
    const args = { ids: [one], yes: false, json: false };
    await assert.rejects(
      cancelCommand({ io: createTestIo(), actions: { cancel }, ...noBatches }, args),
      /fault/,
    );
  });
});

describe("perch uninstall", () => {
  const answered = async (answer: string) => {
    const stdin = new PassThrough();
    const io = createTestIo({ stdin, isTty: true, isStdinTty: true });
    const { act, done } = createActs();
    const ending = uninstallCommand({ io, uninstall: (id) => act(id) }, { id: one, yes: false, json: false });
    stdin.end(`${answer}\n`);
    return { code: await ending, done, io };
  };

  it("asks first on a terminal", async () => {
    for (const answer of ["y", "yes", "Y"]) {
      const { code, done, io } = await answered(answer);
      assert.deepEqual([code, done], [0, [[one]]]);
      assert.match(io.err(), /Delete the connector of install 01\S+ at Bird\?.* \[y\/N\]/);
    }
    for (const answer of ["", "n", "maybe"]) {
      const { code, done, io } = await answered(answer);
      assert.deepEqual([code, done], [1, []]);
      assert.match(io.err(), /Nothing was done/);
    }
  });

  it("does nothing when the terminal is closed instead of answered", async () => {
    const stdin = new PassThrough();
    const io = createTestIo({ stdin, isTty: true, isStdinTty: true });
    const { act, done } = createActs();
    const ending = uninstallCommand({ io, uninstall: (id) => act(id) }, { id: one, yes: false, json: false });
    stdin.end();
    assert.equal(await ending, 1);
    assert.deepEqual(done, []);
  });

  it("requires --yes without a terminal", async () => {
    const { act, done } = createActs();
    const io = createTestIo();
    assert.equal(
      await uninstallCommand({ io, uninstall: (id) => act(id) }, { id: one, yes: false, json: false }),
      2,
    );
    assert.deepEqual(done, []);
    assert.equal(
      await uninstallCommand({ io, uninstall: (id) => act(id) }, { id: one, yes: true, json: true }),
      0,
    );
    assert.deepEqual(done, [[one]]);
  });
});

describe("perch keys api", () => {
  it("prints the key and the entry it is known by", async () => {
    const io = createTestIo();
    assert.equal(
      await keysApiCommand({ io }, { name: "crm", scope: ["read", "admin", "read"], json: false }),
      0,
    );
    const [key = "", line = ""] = io.out().split("\n");
    const keys = parseApiKeys(line.replace("API_KEYS=", "")) ?? assert.fail("its entry can be read");
    assert.deepEqual(findApiKey(keys, key)?.scopes, ["read", "admin"]);
    assert.equal(findApiKey(keys, key)?.name, "crm");
    assert.match(io.err(), /not shown again/);
    assert.ok(!io.err().includes(key));
  });

  it("makes a key for certain workspaces, and refuses what is no workspace", async () => {
    const [one, other] = ["0B6F2F0C-7D1A-4F0E-9C55-3A1F0F6F4D10", "11111111-2222-4333-8444-aaaaaaaaaaaa"];
    const args = { name: "crm", scope: ["read"], json: true } as const;
    const io = createTestIo();
    assert.equal(await keysApiCommand({ io }, { ...args, workspace: [one, other, one.toLowerCase()] }), 0);
    const { entry, workspaces } = JSON.parse(io.out());
    assert.deepEqual(workspaces, [one.toLowerCase(), other]);
    assert.deepEqual(parseApiKeys(entry)?.[0]?.workspaces, workspaces);
    const refused = createTestIo();
    assert.equal(await keysApiCommand({ io: refused }, { ...args, workspace: [one, "ws_x"] }), 2);
    assert.equal(refused.out(), "");
    assert.match(refused.err(), /ws_x is no workspace/);
  });

  it("makes up a name, prints JSON, and refuses a name that would break the entry", async () => {
    const io = createTestIo();
    assert.equal(await keysApiCommand({ io }, { scope: ["write"], json: true }), 0);
    const { key, entry, name } = JSON.parse(io.out());
    assert.equal(findApiKey(parseApiKeys(entry) ?? assert.fail("its entry can be read"), key)?.name, name);
    for (const wrong of ["a:b", "a,b", "", "x".repeat(65)])
      assert.equal(
        await keysApiCommand({ io: createTestIo() }, { name: wrong, scope: ["read"], json: false }),
        2,
      );
  });
});
