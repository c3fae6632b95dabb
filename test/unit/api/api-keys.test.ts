import assert from "node:assert/strict";
import test from "node:test";
import { generateApiKey, mayDo, parseApiKeys } from "../../../src/api/api-keys.ts";
import { findApiKey } from "../../../src/api/find-api-key.ts";
import { scopes } from "../../../src/api/scopes.ts";

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

test("every key is another one, and long enough that nobody guesses it", () => {
  const keys = new Set(Array.from({ length: 100 }, () => generateApiKey("x", ["read"]).key));
  assert.equal(keys.size, 100);
  for (const key of keys) assert.match(key, /^perch_[A-Za-z0-9_-]{43}$/);
});

test("a digest may be written in capitals", () => {
  const { key, entry } = generateApiKey("crm", ["read"]);
  const [name, hash, held] = entry.split(":");
  const keys = parseApiKeys(`${name}:${hash?.toUpperCase()}:${held}`) ?? [];
  assert.equal(findApiKey(keys, key)?.name, "crm");
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

test("a scope includes those below it", () => {
  const may = scopes.map((held) => scopes.map((needed) => mayDo([held], needed)));
  assert.deepEqual(may, [
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
  assert.equal(mayDo([], "read"), false);
});
