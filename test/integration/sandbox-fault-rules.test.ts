import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { InputError } from "../../src/install/errors/input-error.ts";
import { readFaultsFile } from "../../src/sandbox/faults/read-file.ts";
import type { SandboxOptions } from "../../src/sandbox/options.ts";
import { openSandbox, otherWorkspaceId, phoneIdOf, phoneNumberOf, workspaceId } from "./sandbox-fixture.ts";

const path = `/workspaces/${workspaceId}/connectors`;
const down = { kind: "status", status: 500 } as const;

const fileOf = async (t: TestContext, text: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-faults-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "faults.json");
  await writeFile(file, text);
  return file;
};

test("a rule strikes the numbers that all of its selectors name", async (t) => {
  const sandbox = await openSandbox(t);
  const struck = async (selector: Record<string, string>) => {
    sandbox.setFaults([{ ...selector, fault: down }]);
    const statuses = [
      (await sandbox.create(1)).status,
      (await sandbox.create(2)).status,
      (await sandbox.create(1, { workspaceId: otherWorkspaceId })).status,
    ];
    return statuses.map((status) => status === 500);
  };
  assert.deepEqual(await struck({}), [true, true, true]);
  assert.deepEqual(await struck({ phoneNumber: phoneNumberOf(1) }), [true, false, true]);
  assert.deepEqual(await struck({ phoneId: phoneIdOf(2) }), [false, true, false]);
  assert.deepEqual(await struck({ workspaceId: otherWorkspaceId.toUpperCase() }), [false, false, true]);
  assert.deepEqual(await struck({ phoneNumber: phoneNumberOf(1), workspaceId }), [true, false, false]);
  assert.deepEqual(await struck({ phoneNumber: phoneNumberOf(1), phoneId: phoneIdOf(2) }), [
    false,
    false,
    false,
  ]);
});

test("a fault of a create's answer strikes each number once, or `times` times", async (t) => {
  const sandbox = await openSandbox(t, { faults: [{ fault: down }] });
  const statuses = async (calls: number) => {
    const seen: number[] = [];
    for (let call = 0; call < calls; call += 1) seen.push((await sandbox.create(1)).status);
    return seen;
  };
  assert.deepEqual(await statuses(2), [500, 201]);
  assert.equal((await sandbox.create(2)).status, 500);
  sandbox.setFaults([{ times: 2, fault: down }]);
  assert.deepEqual(await statuses(3), [500, 500, 201]);
  sandbox.setFaults([{ times: "always", fault: down }]);
  assert.deepEqual(await statuses(4), [500, 500, 500, 500]);
});

test("rules about the answer are used up one after the other", async (t) => {
  const sandbox = await openSandbox(t, {
    faults: [
      { times: 2, fault: down },
      { fault: { kind: "status", status: 429 } },
      { fault: { kind: "empty_200" } },
    ],
  });
  const seen: number[] = [];
  for (let call = 0; call < 5; call += 1) seen.push((await sandbox.create(1)).status);
  assert.deepEqual(seen, [500, 500, 429, 200, 201]);
});

test("rules about the connector strike always, or `times` times", async (t) => {
  const sandbox = await openSandbox(t, { faults: [{ fault: { kind: "no_arguments_echo" } }] });
  const hidden = async () => (await sandbox.create(1)).body.arguments === null;
  assert.deepEqual([await hidden(), await hidden()], [true, true]);
  sandbox.setFaults([{ times: 1, fault: { kind: "no_arguments_echo" } }]);
  assert.deepEqual([await hidden(), await hidden()], [true, false]);
});

test("rules about the connector are not used up by a create that makes none", async (t) => {
  const sandbox = await openSandbox(t, {
    faults: [{ fault: down }, { times: 1, fault: { kind: "no_arguments_echo" } }],
  });
  assert.equal((await sandbox.create(1)).status, 500);
  assert.equal((await sandbox.create(1)).body.arguments, null);
});

test("a later rule about the connector wins over an earlier one", async (t) => {
  const pending = { fault: { kind: "event_status", status: "pending" } } as const;
  const preview = { fault: { kind: "event_status", status: "preview" } } as const;
  const sandbox = await openSandbox(t, {
    faults: [{ fault: { kind: "channel_in_answer" } }, pending, preview],
  });
  const { body } = await sandbox.create(1);
  const { body: status } = await sandbox.call("GET", `${path}/${body.id}/status`);
  assert.equal(status.channel?.status, "preview");
});

/** Which of 200 numbers are struck, created in the given order. */
const strikes = async (t: TestContext, options: SandboxOptions, isReversed = false) => {
  const sandbox = await openSandbox(t, options);
  const numbers = Array.from({ length: 200 }, (_, number) => (isReversed ? 199 - number : number));
  const struck: number[] = [];
  for (const number of numbers) if ((await sandbox.create(number)).status === 500) struck.push(number);
  return struck.toSorted((a, b) => a - b);
};

test("random faults strike about their share, the same numbers for a seed in any order", async (t) => {
  const faults = [{ probability: 0.3, fault: down }] as const;
  const first = await strikes(t, { faults, seed: 7 });
  assert.ok(first.length > 40 && first.length < 80, String(first.length));
  assert.deepEqual(await strikes(t, { faults, seed: 7 }, true), first);
  assert.notDeepEqual(await strikes(t, { faults, seed: 8 }), first);
  assert.deepEqual(await strikes(t, { faults }), await strikes(t, { faults, seed: 1 }));
});

test("a given random decides over every rule and call on its own", async (t) => {
  const keys: string[] = [];
  const random = (key: string) => {
    keys.push(key);
    return 0.5;
  };
  const sandbox = await openSandbox(t, {
    random,
    faults: [
      { probability: 0.5, fault: down },
      { probability: 0.51, times: 2, fault: { kind: "status", status: 429 } },
    ],
  });
  const seen: number[] = [];
  for (let call = 0; call < 3; call += 1) seen.push((await sandbox.create(1)).status);
  assert.deepEqual(seen, [429, 429, 201]);
  assert.equal(new Set(keys).size, keys.length);
});

test("rules are set, shown and removed over HTTP", async (t) => {
  const sandbox = await openSandbox(t);
  const rules = [{ phoneNumber: phoneNumberOf(1), times: "always", fault: down }];
  const set = await sandbox.call("PUT", "/sandbox/faults", { body: rules, headers: { authorization: "" } });
  assert.equal(set.status, 200);
  assert.deepEqual(set.json, rules);
  assert.deepEqual((await sandbox.call("GET", "/sandbox/faults")).json, rules);
  assert.equal((await sandbox.create(1)).status, 500);
  assert.equal((await sandbox.call("DELETE", "/sandbox/faults")).status, 204);
  assert.equal((await sandbox.create(1)).status, 201);
  assert.deepEqual((await sandbox.call("GET", "/sandbox/faults")).json, []);
});

test("rules that break the schema are refused with every problem, and the old ones stay", async (t) => {
  const sandbox = await openSandbox(t, { faults: [{ times: "always", fault: down }] });
  const detailsOf = async (body: unknown) => {
    const answer = await sandbox.call("PUT", "/sandbox/faults", { body });
    assert.equal(answer.status, 422);
    assert.equal(answer.body.code, "InvalidPayload");
    return answer.body.details ?? {};
  };
  const details = await detailsOf([
    { fault: { kind: "explode" } },
    { fault: { kind: "slow" }, phone: "x" },
    { fault: down, times: 0, probability: 2, operation: "createConnector", workspaceId: "ws_1" },
  ]);
  assert.deepEqual(Object.keys(details).toSorted(), [
    "/0/fault/kind",
    "/1/fault/delayMs",
    "/1/phone",
    "/2/operation",
    "/2/probability",
    "/2/times",
    "/2/workspaceId",
  ]);
  assert.match(String(details["/0/fault/kind"]), /must be one of answer_lost, .*, event_minimal/);
  assert.match(String(details["/2/operation"]), /must be one of create, listConnectors/);
  assert.match(String((await detailsOf([{ fault: down, times: "never" }]))["/0/times"]), /"always"/);
  assert.deepEqual(await detailsOf({ fault: down }), { "": ["must be an array of fault rules"] });
  assert.equal((await sandbox.create(1)).status, 500);
});

test("rules that could never strike are refused", async (t) => {
  const sandbox = await openSandbox(t);
  const phoneNumber = phoneNumberOf(1);
  const messageOf = (rule: Parameters<typeof sandbox.setFaults>[0][number]): string => {
    try {
      sandbox.setFaults([rule]);
    } catch (error) {
      if (error instanceof InputError) return error.message;
    }
    return "";
  };
  assert.equal(
    messageOf({ operation: "getConnector", fault: { kind: "event_never" } }),
    "0/operation must be create for event_never",
  );
  for (const operation of [
    "listConnectors",
    "listChannels",
    "listSubscriptions",
    "createSubscription",
  ] as const) {
    assert.match(messageOf({ operation, phoneNumber, fault: down }), /is about no single number/);
    assert.match(messageOf({ operation, phoneId: "1", fault: down }), /is about no single number/);
    assert.equal(messageOf({ operation, workspaceId, fault: down }), "");
  }
  const status = (rest: object) => ({ fault: { kind: "status", status: 500, ...rest } }) as const;
  assert.match(
    messageOf(status({ retryAfterSeconds: 1 })),
    /retryAfterSeconds belongs to status 429 or 503 only/,
  );
  assert.match(messageOf(status({ details: "same_number" })), /details belongs to status 409 only/);
  assert.match(
    messageOf({ fault: { kind: "event_status", status: "pending", afterMs: 1 } }),
    /afterMs needs a thenStatus/,
  );
});

test("a start with rules that break the schema fails", async (t) => {
  await assert.rejects(openSandbox(t, { faults: [{ times: 0, fault: down }] }), InputError);
});

test("rules are read from a file", async (t) => {
  const rules = [{ workspaceId: workspaceId.toUpperCase(), fault: { kind: "slow", delayMs: 5 } }];
  const read = await readFaultsFile(await fileOf(t, JSON.stringify(rules)));
  assert.deepEqual(read, [{ ...rules[0], workspaceId }]);
});

test("a file of rules that is not there, is not JSON or breaks the schema says so", async (t) => {
  const file = await fileOf(t, "[{");
  await assert.rejects(readFaultsFile(file), (error: Error) => {
    assert.ok(error instanceof InputError);
    assert.ok(error.message.startsWith(`input in ${file} is not JSON: `), error.message);
    return true;
  });
  await assert.rejects(readFaultsFile(`${file}.none`), (error: Error) => {
    assert.ok(error instanceof InputError);
    assert.ok(error.message.startsWith(`input cannot be read from ${file}.none: ENOENT`), error.message);
    return true;
  });
  const broken = await fileOf(t, JSON.stringify([{ fault: { kind: "slow" } }]));
  await assert.rejects(readFaultsFile(broken), {
    name: "InputError",
    message: /^0\/fault\/delayMs is missing/,
  });
});
