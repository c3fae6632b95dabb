import assert from "node:assert/strict";
import test from "node:test";
import { workspacesListCommand } from "../../../src/cli/workspaces/list.ts";
import { installStatuses } from "../../../src/install/install.ts";
import type { WorkspaceRow } from "../../../src/queue/workspaces/list.ts";
import { createTestIo } from "./test-io.ts";

const none = Object.fromEntries(installStatuses.map((status) => [status, 0])) as WorkspaceRow["newest"];

const listed = async (installs: number): Promise<string> => {
  const io = createTestIo();
  const row: WorkspaceRow = {
    workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
    hold: undefined,
    subscription: undefined,
    installs,
    heldInstalls: 0,
    newest: { ...none, failed: 3 },
    hasOwnKey: false,
    lastEventMs: undefined,
    budgetAheadMs: 0,
  };
  const list = async () => ({ items: [row], isComplete: true, nextCursor: undefined });
  assert.equal(await workspacesListCommand({ io, list }, { held: false, limit: 50, json: false }), 0);
  return io.out() + io.err();
};

test("the list of workspaces says of how many installs the failed ones are, where not of all", async () => {
  assert.match(await listed(101), /Failed are counted among the newest 100 installs of a workspace\./);
  assert.doesNotMatch(await listed(100), /newest 100/);
});
