import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { inspect } from "node:util";
import { BirdRefusedError } from "../../src/actions/bird-refused-error.ts";
import { createUninstall } from "../../src/actions/uninstall.ts";
import { createBirdClient } from "../../src/bird/bird-client.ts";
import { createConnectors } from "../../src/bird/connectors.ts";
import { InstallNotFoundError } from "../../src/install/errors/errors.ts";
import type { Install } from "../../src/install/install.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installOf } from "../support/install.ts";
import { openSandbox, workspaceId } from "./sandbox-fixture.ts";

const at = "2026-01-02T03:04:05.000Z";
const requestTimeoutMs = 500;

/** Uninstalls at a sandbox that has one connector, which the install is bound to. */
const openUninstall = async (t: TestContext, change: Partial<Install> = {}) => {
  const sandbox = await openSandbox(t);
  const connectorId = (await sandbox.create()).body.id;
  const install = installOf({ connectorId, ...change });
  const client = createBirdClient({ baseUrl: sandbox.url, accessKey: sandbox.accessKey, requestTimeoutMs });
  t.after(() => client.close());
  const marked: string[] = [];
  const abandoned: string[] = [];
  const uninstall = createUninstall({
    installs: {
      find: async (id) =>
        id === install.id ? { ...install, ...(marked.length > 0 && { uninstalledAt: at }) } : undefined,
    },
    uninstalling: {
      begin: async (id) => {
        if (id !== install.id) throw new InstallNotFoundError(id);
        return install.uninstalledAt === undefined ? { workspaceId, connectorId } : undefined;
      },
      markDone: async (id) => void marked.push(id),
      abandon: async (id) => void abandoned.push(id),
    },
    connectors: createConnectors({ client }),
  });
  const isThere = async () =>
    (await sandbox.call("GET", `/workspaces/${workspaceId}/connectors/${connectorId}`)).status === 200;
  return { sandbox, install, uninstall, marked, abandoned, isThere };
};

for (const status of ["completed", "failed", "cancelled"] as const) {
  test(`the connector of a ${status} install is deleted at Bird, then written down as gone`, async (t) => {
    const { uninstall, install, marked, isThere } = await openUninstall(t, { status });
    assert.deepEqual(await uninstall(install.id), { ...install, uninstalledAt: at });
    assert.equal(await isThere(), false);
    assert.deepEqual(marked, [install.id]);
  });
}

test("a connector that is gone at Bird already counts as deleted", async (t) => {
  const { sandbox, uninstall, install, marked } = await openUninstall(t);
  await sandbox.call("DELETE", `/workspaces/${workspaceId}/connectors/${install.connectorId}`);
  assert.equal((await uninstall(install.id)).uninstalledAt, at);
  assert.deepEqual(marked, [install.id]);
});

test("an uninstalled install is handed back without asking Bird again", async (t) => {
  const { sandbox, uninstall, install, marked, isThere } = await openUninstall(t, { uninstalledAt: at });
  assert.deepEqual(await uninstall(install.id), install);
  assert.deepEqual(marked, []);
  assert.equal(await isThere(), true);
  assert.equal(sandbox.report().requests.deleteConnector, undefined);
});

test("an unknown install is not found", async (t) => {
  const { uninstall } = await openUninstall(t);
  await assert.rejects(uninstall("another"), InstallNotFoundError);
});

type Fault = FaultRule["fault"];

const refusals: readonly {
  readonly fault: Fault;
  readonly error: { code: string; birdStatus: number | undefined; isUnavailable: boolean };
  readonly says: RegExp;
}[] = [
  {
    fault: { kind: "status", status: 401 },
    error: { code: "unauthorized", birdStatus: 401, isUnavailable: false },
    says: /refused the access key\. Set a valid BIRD_ACCESS_KEY/,
  },
  {
    fault: { kind: "status", status: 403 },
    error: { code: "forbidden", birdStatus: 403, isUnavailable: false },
    says: /no policy for it\. Give the key's role delete on \/workspaces\/\*\/connectors\/\* in Bird/,
  },
  {
    fault: { kind: "status", status: 429 },
    error: { code: "bird_unavailable", birdStatus: 429, isUnavailable: true },
    says: /\(HTTP 429\)\. Try again: deleting twice does no harm/,
  },
  {
    fault: { kind: "status", status: 503 },
    error: { code: "bird_unavailable", birdStatus: 503, isUnavailable: true },
    says: /\(HTTP 503\)/,
  },
  {
    fault: { kind: "slow", delayMs: 60_000 },
    error: { code: "bird_unavailable", birdStatus: undefined, isUnavailable: true },
    says: /\(ETIMEDOUT\)/,
  },
  {
    fault: { kind: "answer_lost" },
    error: { code: "bird_unavailable", birdStatus: undefined, isUnavailable: true },
    says: /\(ECONNRESET\)/,
  },
];

for (const { fault, error: expected, says } of refusals) {
  const what = fault.kind === "status" ? `status ${fault.status}` : fault.kind;
  test(`${what} is Bird's refusal: nothing is written down, and the next try succeeds`, async (t) => {
    const { sandbox, uninstall, install, marked } = await openUninstall(t);
    sandbox.setFaults([{ operation: "deleteConnector", fault }]);
    await assert.rejects(uninstall(install.id), (error) => {
      assert.ok(error instanceof BirdRefusedError);
      const { code, birdStatus, isUnavailable } = error;
      assert.deepEqual({ code, birdStatus, isUnavailable }, expected);
      assert.match(error.message, /^Bird did not delete the connector/);
      assert.match(error.message, says);
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(sandbox.accessKey));
      return true;
    });
    assert.deepEqual(marked, []);
    sandbox.setFaults([]);
    assert.equal((await uninstall(install.id)).uninstalledAt, at);
  });
}
