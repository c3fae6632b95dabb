/**
 * Sends tokens through every way an install can go and prints, as JSON on standard output, everything callers
 * get to see. The log goes to standard error, as it does in life. Run by secrets.test.ts in a process of its own.
 */
import { inspect } from "node:util";
import { createAccessKeyStore } from "../../src/queue/access-keys.ts";
import { createSeal } from "../../src/queue/seal.ts";
import type { FaultRule } from "../../src/sandbox/fault-rule.ts";
import { installRequest, workspaceId } from "./request.ts";
import { type Stack, withStack } from "./stack.ts";
import { until } from "./until.ts";

const [redisUrl = "", prefix = "", accessToken = "", invitationToken = "", accessKey = ""] =
  process.argv.slice(2);
const heldWorkspaceId = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
const numbers = { completed: 1, failed: 2, lost: 3, held: 4, rejected: 5 } as const;

const request = (n: number, change: object = {}) => ({
  ...installRequest(n, { accessToken, invitationToken }),
  ...change,
});
const phoneId = (n: number): string => installRequest(n).phoneId;

const faults: readonly FaultRule[] = [
  { phoneId: phoneId(numbers.failed), fault: { kind: "status", status: 422 } },
  { phoneId: phoneId(numbers.lost), fault: { kind: "answer_lost" } },
  { workspaceId: heldWorkspaceId, times: "always", fault: { kind: "status", status: 401 } },
];

/** An error in every form somebody may print it in. */
const formsOf = (error: unknown): string =>
  [String(error), JSON.stringify(error), inspect(error, { depth: 10, showHidden: true })].join("\n");

const thrownBy = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    return formsOf(error);
  }
  throw new Error("nothing was thrown");
};

const spend = async ({ producer, sandbox, client, keys, sealingKeys }: Stack): Promise<unknown> => {
  const accessKeys = createAccessKeyStore({ client, keys, seal: createSeal(sealingKeys) });
  for (const id of [workspaceId, heldWorkspaceId]) await accessKeys.store(id, accessKey);
  const ids: Record<string, string> = {};
  for (const name of ["completed", "failed", "lost"] as const) {
    const { install } = await producer.enqueue(request(numbers[name]), { idempotencyKey: name });
    ids[name] = install.id;
    await producer.waitFor(install.id, { timeoutMs: 15_000 });
  }
  const held = await producer.enqueue(request(numbers.held, { workspaceId: heldWorkspaceId }));
  ids.held = held.install.id;
  await until("the workspace is held", async () => {
    const found = await producer.installs.find(held.install.id);
    return found?.status === "held";
  });
  const { accessToken: _, ...withoutToken } = request(numbers.rejected);
  const mistyped = { ...withoutToken, accesToken: accessToken, "access token": accessToken };
  const shapeless = request(numbers.rejected, { accessToken: `${accessToken} ${accessToken}` });
  const rejected: unknown[] = [mistyped, shapeless];
  const rows = await Array.fromAsync(producer.enqueueMany(rejected, { batchName: "b" }));
  const errors = [
    await thrownBy(() => producer.enqueue(Object.assign(request(numbers.rejected), mistyped))),
    await thrownBy(() => producer.enqueue(shapeless)),
    await thrownBy(() =>
      producer.enqueue(request(numbers.completed, { name: "x" }), { idempotencyKey: "completed" }),
    ),
    await thrownBy(() => producer.waitFor(held.install.id, { timeoutMs: 1 })),
  ];
  const installs = await producer.installs.findMany(Object.values(ids));
  const timelines = await Promise.all(Object.values(ids).map((id) => producer.installs.timeline(id)));
  const told = rows.map((row) => ("errors" in row ? row.errors : row));
  return { ids, errors, installs, timelines, rejected: told, connectors: sandbox.report().connectors };
};

// Only the workspaces' own key is good for anything.
const slow = { birdAccessKey: "not-valid", holdBaseMs: 600_000, holdCapMs: 600_000 };
await withStack({ redisUrl, prefix, sandbox: { faults, accessKey }, worker: slow }, async (stack) => {
  const told = await spend(stack);
  process.stdout.write(JSON.stringify({ told, workspaceId }));
});
