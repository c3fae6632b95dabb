import assert from "node:assert/strict";
import test from "node:test";
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from "jose";
import { createSeal, UnsealError } from "../../../src/queue/secrets/seal.ts";

const keyOf = (kid: string, fill: number) => ({ kid, bytes: Buffer.alloc(32, fill) });
const oldKey = keyOf("old", 1);
const newKey = keyOf("new", 2);
const workspaceId = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";
const install = { installId: "01JGEXAMPLE0000000000000001", workspaceId };
const secrets = { accessToken: "EAAG-CANARY", invitationToken: "INVITATION-CANARY" };

/** A compact JWE of our own making, with whatever header. */
const forge = (header: { alg: string; enc: string; kid?: string }, bytes: Uint8Array, text: string) =>
  new CompactEncrypt(Buffer.from(text)).setProtectedHeader(header).encrypt(bytes);

/** It cannot be opened, and nothing of it is told. */
const assertUnopenable = async (sealed: string, keys = [oldKey]): Promise<void> => {
  await assert.rejects(createSeal(keys).open(sealed, install), (error) => {
    assert.ok(error instanceof UnsealError);
    assert.equal(error.code, "token_unreadable");
    assert.ok(!error.message.includes("CANARY"));
    assert.doesNotMatch(error.message, /undefined/);
    return true;
  });
};

test("what was sealed is opened, with and without an invitation token", async () => {
  const { seal, open } = createSeal([oldKey]);
  assert.deepEqual(await open(await seal(secrets, install), install), secrets);
  assert.deepEqual(await open(await seal({ accessToken: "é\n" }, install), install), { accessToken: "é\n" });
});

test("a sealed copy shows the name of its key and nothing of its content, and is never twice the same", async () => {
  const { seal } = createSeal([oldKey]);
  const sealed = await seal(secrets, install);
  assert.deepEqual(decodeProtectedHeader(sealed), { alg: "dir", enc: "A256GCM", kid: "old" });
  assert.equal(sealed.split(".")[1], "");
  for (const part of sealed.split(".")) {
    assert.ok(!Buffer.from(part, "base64url").includes("CANARY"));
  }
  assert.notEqual(await seal(secrets, install), sealed);
});

test("while keys are rotated the first seals and every one opens", async () => {
  const sealedBefore = await createSeal([oldKey]).seal(secrets, install);
  const rotating = createSeal([newKey, oldKey]);
  assert.equal(decodeProtectedHeader(await rotating.seal(secrets, install)).kid, "new");
  assert.deepEqual(await rotating.open(sealedBefore, install), secrets);
  assert.deepEqual(await createSeal([newKey]).open(await rotating.seal(secrets, install), install), secrets);
});

test("a copy whose key has left the list is not opened, and the error names the key", async () => {
  const sealed = await createSeal([oldKey]).seal(secrets, install);
  await assert.rejects(createSeal([newKey]).open(sealed, install), { name: "UnsealError", message: /old/ });
});

test("another key under the same name opens nothing", async () => {
  await assertUnopenable(await createSeal([keyOf("old", 9)]).seal(secrets, install));
});

test("a copy changed anywhere is not opened", async () => {
  const sealed = await createSeal([oldKey]).seal(secrets, install);
  const parts = sealed.split(".");
  for (const [index, part] of parts.entries()) {
    const flipped = part === "" ? "AAAA" : (part.startsWith("A") ? "B" : "A") + part.slice(1);
    await assertUnopenable(parts.with(index, flipped).join("."));
  }
  for (const text of ["", "text", sealed.slice(0, -5), `${sealed}.`, `${sealed.slice(0, -4)}====`]) {
    await assertUnopenable(text);
  }
});

test("the name of the key is part of what is protected", async () => {
  const sameBytes = { kid: "twin", bytes: oldKey.bytes };
  const [, ...rest] = (await createSeal([oldKey]).seal(secrets, install)).split(".");
  const header = Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"twin"}').toString("base64url");
  await assertUnopenable([header, ...rest].join("."), [oldKey, sameBytes]);
});

test("other algorithms are not accepted, even with the right key", async () => {
  const text = JSON.stringify(secrets);
  await assertUnopenable(await forge({ alg: "A256KW", enc: "A256GCM", kid: "old" }, oldKey.bytes, text));
  await assertUnopenable(await forge({ alg: "A256GCMKW", enc: "A256GCM", kid: "old" }, oldKey.bytes, text));
  await assertUnopenable(await forge({ alg: "dir", enc: "A128CBC-HS256", kid: "old" }, oldKey.bytes, text));
  const none = Buffer.from('{"alg":"none","enc":"A256GCM","kid":"old"}').toString("base64url");
  await assertUnopenable(`${none}..AAAA.AAAA.AAAA`);
});

test("a copy that holds something else is not opened", async () => {
  const header = { alg: "dir", enc: "A256GCM", kid: "old" };
  const boxOf = (text: string) => JSON.stringify({ for: `tokens ${workspaceId} ${install.installId}`, text });
  const opened = createSeal([oldKey]).open(
    await forge(header, oldKey.bytes, boxOf(JSON.stringify(secrets))),
    install,
  );
  assert.deepEqual(await opened, secrets, "the box is written as it is here");
  for (const text of ["CANARY", "{}", '{"accessToken":5}', "null", ""]) {
    await assertUnopenable(await forge(header, oldKey.bytes, text));
    await assertUnopenable(await forge(header, oldKey.bytes, boxOf(text)));
  }
});

test("bug: a sealed copy without a key's name is reported as one sealed with the key undefined", async () => {
  await assertUnopenable(await forge({ alg: "dir", enc: "A256GCM" }, oldKey.bytes, "{}"));
});

test("bug: a copy opened for another install, in another workspace, or for another purpose", async () => {
  const { seal, open, sealText, openText } = createSeal([oldKey]);
  const sealed = await seal(secrets, install);
  const notForThis = { name: "UnsealError", reason: "not_for_this", code: "token_unreadable" };
  for (const other of [
    { ...install, installId: "01JGEXAMPLE0000000000000002" },
    { ...install, workspaceId: "11111111-7d1a-4f0e-9c55-3a1f0f6f4d10" },
  ])
    await assert.rejects(open(sealed, other), notForThis);
  const signing = await sealText(JSON.stringify(secrets), { purpose: "signing-key", ...install });
  await assert.rejects(open(signing, install), notForThis);
  await assert.rejects(openText(sealed, { purpose: "signing-key", ...install }), notForThis);
  await assert.rejects(openText(sealed, { purpose: "access-key", workspaceId }), notForThis);
  assert.deepEqual(await open(sealed, { ...install, workspaceId: workspaceId.toUpperCase() }), secrets);
});

test("a copy that does not say what it is for opens for nothing, only as what it is", async () => {
  const text = JSON.stringify(secrets);
  const sealed = await forge({ alg: "dir", enc: "A256GCM", kid: "old" }, oldKey.bytes, text);
  await assertUnopenable(sealed);
  assert.equal(await createSeal([oldKey]).openUnbound(sealed), text);
});

test("a made-up key's name is not repeated when it could not be one", async () => {
  const kid = `\u001b[31m${"CANARY".repeat(50)}`;
  await assertUnopenable(await forge({ alg: "dir", enc: "A256GCM", kid }, oldKey.bytes, "{}"));
});

test("without a key there is no seal", () => {
  assert.throws(() => createSeal([]), { name: "UnsealError", message: /SEALING_KEYS/ });
});

test("sealed copies are the compact JWE of RFC 7516, as another implementation reads and writes it", async () => {
  const { seal, open, openUnbound } = createSeal([oldKey]);
  const sealed = await seal(secrets, install);
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, oldKey.bytes);
  assert.deepEqual(protectedHeader, { alg: "dir", enc: "A256GCM", kid: "old" });
  const text = new TextDecoder().decode(plaintext);
  assert.equal(
    await openUnbound(await forge({ alg: "dir", enc: "A256GCM", kid: "old" }, oldKey.bytes, text)),
    text,
  );
  const again = await forge({ alg: "dir", enc: "A256GCM", kid: "old" }, oldKey.bytes, text);
  assert.deepEqual(await open(again, install), secrets);
});

test("a header that asks for anything more is not opened", async () => {
  for (const more of [{ zip: "DEF" }, { crit: ["exp"], exp: 1 }, { cty: "JWT" }]) {
    const header = { alg: "dir", enc: "A256GCM", kid: "old", ...more };
    const sealed = await createSeal([oldKey]).seal(secrets, install);
    const [, ...rest] = sealed.split(".");
    await assertUnopenable([Buffer.from(JSON.stringify(header)).toString("base64url"), ...rest].join("."));
  }
});
