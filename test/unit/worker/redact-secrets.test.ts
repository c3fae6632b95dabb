import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { redactSecrets } from "../../../src/worker/submit/redact-secrets.ts";

test("an error and its causes say nothing of the secrets, and stay what they are", () => {
  const cause = new RangeError("EAAG-CANARY is too long");
  const error = new TypeError("cannot send EAAG-CANARY with INVITE-CANARY", { cause });
  cause.cause = error;
  assert.equal(redactSecrets(error, ["EAAG-CANARY", "INVITE-CANARY", undefined, ""]), error);
  assert.equal(error.message, "cannot send [redacted] with [redacted]");
  assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /CANARY/);
  assert.match(error.stack ?? "", /redact-secrets\.test/);
});

test("what is no error, and an error without secrets, is left alone", () => {
  const error = new Error("Redis is away");
  const { stack } = error;
  assert.equal(redactSecrets(error, ["EAAG"]), error);
  assert.equal(error.stack, stack);
  for (const other of [undefined, null, "text", 5]) assert.equal(redactSecrets(other, ["EAAG"]), other);
});

test("a secret that is not given takes no word away, and an error without a stack stays without", () => {
  const error = new Error("the token is undefined");
  Reflect.deleteProperty(error, "stack");
  assert.equal(redactSecrets(error, [undefined, "EAAG"]), error);
  assert.equal(error.message, "the token is undefined");
  assert.equal(error.stack, undefined);
});
