import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { workspaceSchema } from "../../src/api/workspaces-view.ts";
import { workspacesListCommand } from "../../src/cli/workspaces/list.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createFindOlderWorkspaces, createLastEvents } from "../../src/queue/keyspace/workspace-index.ts";
import { createListWorkspaces } from "../../src/queue/workspaces/list.ts";
import { type ApiRequest, createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { storedNames } from "../support/stored-names.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";
import { withPrivateRedis } from "./private-redis.ts";

const pageSchema = z.strictObject({
  items: z.array(workspaceSchema),
  nextCursor: z.string().optional(),
  isComplete: z.boolean(),
});
const changeSchema = z.strictObject({
  workspaceId: z.string(),
  accessKey: z.string(),
  woken: z.number().optional(),
});

/** Some workspaces, so that several shards have installs. */
const workspaceOf = (n: number): string => `0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d1${n % 8}`;
const heldWorkspace = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
const refusedFor = (workspaceId: string) =>
  ({ workspaceId, times: "always", fault: { kind: "status", status: 401 } }) as const;

const listFrom = async (stack: Stack) => {
  const { url } = await stack.startAnApi();
  const call = createApiClient(url);
  return {
    call,
    list: async (query = "") => (await call(`/v1/workspaces${query}`)).as(pageSchema),
  };
};

const ids = (items: readonly { readonly workspaceId: string }[]) =>
  items.map(({ workspaceId }) => workspaceId);

for (const shards of [undefined, 3]) {
  const where = shards === undefined ? "" : " in several shards";

  test(`GET /v1/workspaces lists each workspace with its hold, installs and latest event${where}`, () =>
    // The sweep looks at all keys of a Redis, and the shared one may have a million.
    withPrivateRedis(({ url: redisUrl }) =>
      withStack(
        {
          redisUrl,
          ...(shards !== undefined && { shards }),
          worker: { holdBaseMs: 3_600_000, holdCapMs: 3_600_000 },
          sandbox: { faults: [refusedFor(heldWorkspace)] },
        },
        async (stack) => {
          const { producer, webhook, client, keys } = stack;
          const made = await Promise.all(
            [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) =>
              producer.enqueue(installRequest(n, { workspaceId: workspaceOf(n) })),
            ),
          );
          await Promise.all(made.map(({ install }) => producer.waitFor(install.id, { timeoutMs: 20_000 })));
          const { install: stuck } = await producer.enqueue(
            installRequest(20, { workspaceId: heldWorkspace.toUpperCase() }),
          );
          await until("it is held", async () => (await producer.installs.find(stuck.id))?.status === "held");
          const { list } = await listFrom(stack);
          await until("the sweep has looked for older ones", async () => (await list()).isComplete);
          await webhook.close();

          const { items } = await list();
          const all = [...[0, 1, 2, 3, 4, 5, 6, 7].map(workspaceOf), heldWorkspace];
          assert.deepEqual(ids(items), all);
          const [first, ...others] = items;
          assert.equal(first?.installs, 2);
          assert.equal(first?.newestByStatus.completed, 2);
          const held = others.at(-1);
          assert.equal(held?.hold?.reason, "unauthorized");
          assert.ok(Date.parse(held?.hold?.since ?? "") < Date.parse(held?.hold?.until ?? ""));
          assert.equal(held?.newestByStatus.held, 1);
          assert.equal(held?.heldInstalls, 1);
          assert.ok(items.filter(({ lastEventAt }) => lastEventAt !== undefined).length >= 1);
          assert.ok(items.every(({ hasOwnAccessKey }) => !hasOwnAccessKey));

          assert.deepEqual(ids((await list("?held=true")).items), [heldWorkspace]);
          assert.deepEqual(ids((await list("?held=false")).items), all.slice(0, -1));
          assert.deepEqual(ids((await list("?q=1C7A")).items), [heldWorkspace]);
          const paged: string[] = [];
          for (let query = "?limit=4"; ; ) {
            const page = await list(query);
            paged.push(...ids(page.items));
            if (page.nextCursor === undefined) break;
            query = `?limit=4&cursor=${page.nextCursor}`;
          }
          assert.deepEqual(paged, all);

          const io = createTestIo();
          const holds = createHolds({ client, keys, baseMs: 0, capMs: 0 });
          const deps = { io, list: createListWorkspaces({ client, keys, holds }) };
          assert.equal(await workspacesListCommand(deps, { held: true, limit: 50, json: false }), 0);
          assert.match(io.out(), new RegExp(`${heldWorkspace} unauthorized`));
        },
      ),
    ));
}

test("workspaces of earlier versions are found by the sweep, and written down once", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { producer, client, keys } = stack;
    for (const n of [0, 1, 2]) await producer.enqueue(installRequest(n, { workspaceId: workspaceOf(n) }));
    // As before there was the list.
    await client.del(keys.workspaces);
    const { list } = await listFrom(stack);
    const before = await list();
    assert.deepEqual([before.items, before.isComplete], [[], false]);
    const older = createFindOlderWorkspaces({ client, keys });
    await until("all are found", async () => {
      await older.findSome();
      return (await list()).isComplete;
    });
    assert.deepEqual(ids((await list()).items), [0, 1, 2].map(workspaceOf));
  }));

test("an event of a workspace that Perch does not know leaves nothing", () =>
  withStack({ startsPaused: true }, async ({ client, keys }) => {
    const lastEvents = createLastEvents({ client, keys });
    lastEvents.note(heldWorkspace);
    await lastEvents.close();
    assert.deepEqual(await client.hgetall(keys.lastEvents), {});
  }));

test("an access key is stored over HTTP, frees a held workspace, and is shown nowhere", () => {
  const lines: string[] = [];
  const canary = "CANARY-ACCESS-KEY";
  return withStack(
    {
      worker: { holdBaseMs: 3_600_000, holdCapMs: 3_600_000 },
      sandbox: { faults: [{ ...refusedFor(heldWorkspace), times: 1 }] },
      onLogLine: (line) => lines.push(line),
    },
    async (stack) => {
      const { producer, client, keys } = stack;
      const { install } = await producer.enqueue(installRequest(1, { workspaceId: heldWorkspace }));
      await until("it is held", async () => (await producer.installs.find(install.id))?.status === "held");
      const { call, list } = await listFrom(stack);
      const at = `/v1/workspaces/${heldWorkspace}/access-key`;
      const send = (request: ApiRequest) => call(at, request);
      const stored = await send({ method: "PUT", json: { accessKey: canary } });
      assert.deepEqual(stored.as(changeSchema), {
        workspaceId: heldWorkspace,
        accessKey: "stored",
        woken: 1,
      });
      const [row] = (await list(`?q=${heldWorkspace}`)).items;
      assert.equal(row?.hasOwnAccessKey, true);
      const refusals = [
        { accessKey: `${canary} with spaces` },
        { accessKey: canary, more: 1 },
        { accessKey: 7 },
        {},
      ];
      const told = [stored.text];
      for (const json of refusals) {
        const refused = await send({ method: "PUT", json });
        assert.equal(refused.status, 422);
        told.push(refused.text);
      }
      const names = await storedNames(client, keys);
      const texts = await Promise.all(
        names.map(async (name) => ((await client.type(name)) === "string" ? await client.get(name) : "")),
      );
      for (const text of [...told, ...lines, ...names, ...texts]) assert.doesNotMatch(text ?? "", /CANARY/);
      assert.equal((await send({ method: "DELETE" })).as(changeSchema).accessKey, "removed");
      assert.equal((await send({ method: "DELETE" })).as(changeSchema).accessKey, "none");
    },
  );
});

test("a workspace is prepared over HTTP, and what is missing is said with its fix", () =>
  withStack({ startsPaused: true, sandbox: { subscribeAll: undefined } }, async (stack) => {
    const { sandbox, webhook, startAnApi } = stack;
    const at = `/v1/workspaces/${heldWorkspace}/prepare`;
    const without = await createApiClient((await startAnApi()).url)(at, { method: "POST" });
    assert.match(without.text, /"status":"missing".*BIRD_ORGANIZATION_ID/);
    const receiver = { publicUrl: webhook.url, signingKeys: [], signingSecret: "s".repeat(32) };
    const { url } = await startAnApi({ birdOrganizationId: sandbox.organizationId, receiver });
    const call = createApiClient(url);
    const statuses: unknown[] = [];
    for (const query of ["", "", "?rotate=true"])
      statuses.push((await call(at + query, { method: "POST" })).as(z.object({ status: z.string() })).status);
    assert.deepEqual(statuses, ["created", "present", "created"]);
  }));
