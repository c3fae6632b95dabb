import assert from "node:assert/strict";
import test from "node:test";
import {
  findApiKey,
  generateApiKey,
  mayDo,
  parseApiKeys,
  readApiKeys,
  scopes,
} from "../../../src/api/auth/api-keys.ts";

test("a key that was made is found by its entry, with its name and scopes", () => {
  const made = [generateApiKey("crm", ["read"]), generateApiKey("erp.2", ["write", "admin"])];
  const keys = parseApiKeys(made.map(({ entry }) => entry).join(", ")) ?? assert.fail("it can be read");
  const [crm, erp] = made.map(({ key }) => findApiKey(keys, key));
  assert.deepEqual([crm?.name, crm?.scopes], ["crm", ["read"]]);
  assert.deepEqual([erp?.name, erp?.scopes], ["erp.2", ["write", "admin"]]);
  for (const other of ["", "crm", `${made[0]?.key} `, made[0]?.entry ?? ""])
    assert.equal(findApiKey(keys, other), undefined);
  assert.equal(findApiKey([], made[0]?.key ?? ""), undefined);
  assert.ok(!made.some(({ key, entry }) => entry.includes(key)));
});

test("every key is different, and too long to guess", () => {
  const keys = new Set(Array.from({ length: 100 }, () => generateApiKey("x", ["read"]).key));
  assert.equal(keys.size, 100);
  for (const key of keys) assert.match(key, /^perch_[A-Za-z0-9_-]{43}$/);
});

test("a digest may be written in capitals", () => {
  const { key, entry } = generateApiKey("crm", ["read"]);
  const [name, hash, held] = entry.split(":");
  const keys = parseApiKeys(`${name}:${hash?.toUpperCase()}:${held}`) ?? assert.fail("its entry can be read");
  assert.equal(findApiKey(keys, key)?.name, "crm");
});

const workspace = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";
const otherWorkspace = "11111111-2222-4333-8444-aaaaaaaaaaaa";

test("an entry may end in the workspaces its key is for, written in any case", () => {
  const { key, entry } = generateApiKey("crm", ["read", "messages"], [workspace, otherWorkspace]);
  assert.match(entry, new RegExp(`^crm:[0-9a-f]{64}:read\\+messages:${workspace}\\+${otherWorkspace}$`));
  const [own] =
    parseApiKeys(
      `${entry.toUpperCase().replace(/^CRM:/, "crm:").replace("READ+MESSAGES", "read+messages")}`,
    ) ?? [];
  assert.deepEqual(own?.workspaces, [workspace, otherWorkspace]);
  assert.equal(findApiKey(own === undefined ? [] : [own], key)?.name, "crm");
  assert.equal(parseApiKeys(generateApiKey("all", ["read"]).entry)?.[0]?.workspaces, undefined);
});

test("every wrong entry is named by its place, and none by its text", () => {
  const hash = "0a".repeat(32);
  const read = readApiKeys(
    [
      `crm:${hash}:read`,
      "CANARY9 x",
      `a:${hash}:CANARY9`,
      `b:${"1".repeat(64)}:read:CANARY9`,
      `crm:${hash}:read`,
    ].join(","),
  );
  assert.ok("issues" in read);
  const told = read.issues.join("\n");
  assert.doesNotMatch(told, /CANARY9|0a0a/);
  for (const fault of [
    /^entry 2: the name/m,
    /^entry 3: each scope/m,
    /^entry 4: each workspace/m,
    /^entries 1 and 5 have the same name$/m,
    /^entries 1 and 5 have the same key$/m,
  ])
    assert.match(told, fault);
});

test("an entry that is not whole is refused with all others", () => {
  const hash = "0a".repeat(32);
  for (const text of [
    "",
    "crm",
    `crm:${hash}`,
    `crm:${hash}:`,
    `crm:${hash}:read+`,
    `crm:${hash}:READ`,
    `crm:${hash}:read:x`,
    `crm:${hash}:read:`,
    `crm:${hash}:read: `,
    `crm:${hash}:read:${workspace}+`,
    `crm:${hash}:read:${workspace}+ws_x`,
    `crm:${hash}:read:${workspace} +${workspace}`,
    `crm:${hash}:read:*`,
    `crm:${hash}:read:${workspace}:`,
    `crm:${hash}:read:${workspace}:${workspace}`,
    `crm:${hash}::${workspace}`,
    `:${hash}:read`,
    `a b:${hash}:read`,
    `${"x".repeat(65)}:${hash}:read`,
    `crm:${hash}0:read`,
    `crm:${"g".repeat(64)}:read`,
    `crm:${hash}:read,`,
    `crm:${hash}:read,crm:${"1".repeat(64)}:read`,
    `crm:${hash}:read,erp:${hash.toUpperCase()}:read`,
  ])
    assert.equal(parseApiKeys(text), undefined, text);
});

test("a scope includes others: write reads and sends messages, admin does everything", () => {
  const may = scopes.map((held) => scopes.filter((needed) => mayDo([held], needed)));
  assert.deepEqual(may, [
    ["read"],
    ["messages"],
    ["read", "messages", "write"],
    ["read", "messages", "write", "admin"],
  ]);
  assert.equal(mayDo([], "read"), false);
});
