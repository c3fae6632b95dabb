import assert from "node:assert/strict";
import test from "node:test";
import { isSignatureValid, signWebhook, workspaceSigningKey } from "../../../src/bird/signature.ts";
import { vectors } from "../../support/signature-vectors.ts";

for (const { name, signingKey, timestamp, secondPart: url, bodyUtf8, signatureBase64 } of vectors) {
  const parts = { timestamp, url, body: Buffer.from(bodyUtf8) };

  test(`vector ${name} is signed and accepted`, () => {
    assert.equal(signWebhook(parts, signingKey), signatureBase64);
    assert.ok(isSignatureValid({ ...parts, signature: signatureBase64 }, [signingKey]));
    assert.ok(isSignatureValid({ ...parts, signature: signatureBase64 }, ["another key", signingKey]));
    assert.ok(!isSignatureValid({ ...parts, signature: signatureBase64 }, []));
  });

  test(`vector ${name} is refused when any single byte is changed`, () => {
    const refused = (change: Partial<typeof parts & { signature: string; key: string }>) => {
      const { key, ...changed } = { ...parts, signature: signatureBase64, key: signingKey, ...change };
      assert.ok(!isSignatureValid(changed, [key]), JSON.stringify(change));
    };
    for (let at = 0; at < parts.body.length; at += 1) {
      const body = Buffer.from(parts.body);
      body.writeUInt8(body.readUInt8(at) ^ 1, at);
      refused({ body });
    }
    for (const changed of changedTexts(timestamp)) refused({ timestamp: changed });
    for (const changed of changedTexts(url)) refused({ url: changed });
    for (const changed of changedTexts(signingKey)) refused({ key: changed });
    for (const changed of changedTexts(signatureBase64)) refused({ signature: changed });
    refused({ body: Buffer.concat([parts.body, Buffer.from(" ")]) });
    refused({ url: `${url}/` });
  });
}

/** The text with one character changed, at every place. */
function* changedTexts(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 1) {
    yield text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
  }
}

test("a workspace's key is HKDF-SHA256 of the secret, whatever the letter case of the id", () => {
  const id = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";
  const key = workspaceSigningKey("master", id);
  assert.equal(key, workspaceSigningKey("master", id.toUpperCase()));
  assert.notEqual(key, workspaceSigningKey("master2", id));
  // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt key:master -kdfopt info:perch:bird-webhook:<id> HKDF
  assert.equal(key, "XU7Ejm_Rgt1eDyu-SrzBL-1Xsk-m76mEjsT8QKyiL_E");
});
