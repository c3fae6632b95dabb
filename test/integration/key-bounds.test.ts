import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { installRequest, workspaceId } from "../support/request.ts";
import { sendEvent } from "../support/signed-event.ts";
import { withStack } from "../support/stack.ts";
import { storedNames } from "../support/stored-names.ts";
import { until } from "../support/until.ts";

/** What has no time to live, and what ends or bounds it instead. A new key must have the one or be named here. */
const bounded: readonly (readonly [key: RegExp, bound: string])[] = [
  [
    /^(installs|chores|errands|notifications):(meta|id|marker|pc|events|stalled-check|stalled)$/,
    "one a queue",
  ],
  [
    /^(installs|chores|errands|notifications):(wait|prioritized|delayed|active|completed|failed)$/,
    "jobs of it",
  ],
  [/^installs:[0-9A-Z]{26}(:logs|:lock)?$/, "live, or ended by the retention's sweep"],
  [
    /^(chores|errands|notifications):(?!meta|id|marker)[^:]+(:lock)?$/,
    "waits, or ended by the retention's sweep",
  ],
  [/^chores:repeat(:sweep(:\d+)?)?$/, "one sweep"],
  [/^(chores|errands):de:/, "while its job waits"],
  [/^conn:/, "its install is live; else it has a time to live"],
  [/^claim:/, "its install is live; else it has a time to live, or goes with it"],
  [/^arrived$/, "taken, or swept"],
  [/^unmatched$/, "100,000 members, each for the retention: swept"],
  [/^unreadable$/, "10,000 entries of 4 KiB, each for the retention: swept"],
  [/^stopped-urls:at$/, "10,000 members, each for the retention: swept"],
  [/^ids:notifications(:pending)?$/, "entries older than any notification: swept"],
  [/^outbox$/, "told"],
  [/^batches:(open|untold)$/, "its end · told"],
  [/^held:/, "installs that wait for a hold"],
  [/^fair:/, "a member a workspace that installs"],
  [/^server$/, "one"],
  [/^workspaces(:found|:events)?$/, "a member a workspace · one · a field a workspace"],
  [/^(shards|shards:epoch|placed:.*)$/, "one · one · a member a workspace"],
  [/^access-key:/, "until an operator removes it"],
];

test("every key that a whole run leaves has a time to live or a bound that is written down", () => {
  const { phoneId: failing } = installRequest(1);
  const faults = [
    { times: "always", phoneId: failing, fault: { kind: "status", status: 422 } },
    { times: "always", operation: "getChannel", fault: { kind: "status", status: 403 } },
  ] as const;
  const notifyUrl = "https://receiver.example.com/";
  return withStack({ worker: { notifyUrl }, sandbox: { faults } }, async (stack) => {
    const { client, keys, producer } = stack;
    const single = await producer.enqueue(installRequest(0), { idempotencyKey: "one" });
    const rows = [1, 2].map((n) => ({ row: n, input: installRequest(n) }));
    const started = await producer.importRows([...rows, { row: 3, input: {} }], { name: "b" });
    for await (const _ of started.rows);
    const event = (payload: Record<string, unknown>) => sendEvent(stack, { address: workspaceId, payload });
    await event({ id: randomUUID(), connectorId: randomUUID(), status: "active" });
    await event({ id: randomUUID(), status: "active" });
    await event({});
    await producer.waitFor(single.install.id, { timeoutMs: 10_000 });
    await until("the batch has finished", async () => {
      const [batch] = (await producer.batches.list({ limit: 1 })).items;
      return batch?.status === "finished";
    });
    await until("events are kept", async () => (await client.xlen(keys.home().unreadable)) === 2);
    const names = await storedNames(client, keys);
    const endless: string[] = [];
    for (const name of names) {
      const short = name.slice(name.indexOf("}:") + 2);
      if ((await client.pttl(name)) === -1 && !bounded.some(([key]) => key.test(short))) endless.push(short);
    }
    assert.ok(names.length > 30, String(names.length));
    assert.deepEqual(endless, []);
    // Where an entry above speaks of ended installs: their keys must end.
    for (const install of [single.install]) {
      const shard = keys.ofInstall(install.id);
      assert.ok((await client.pttl(shard.claim(workspaceId, install.phoneId))) > 0);
    }
  });
});
