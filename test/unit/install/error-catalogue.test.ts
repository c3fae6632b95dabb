import assert from "node:assert/strict";
import test from "node:test";
import { errorCatalogue } from "../../../src/install/errors/error-catalogue.ts";

/** The closed list of the public contract, section 3. */
const contractCodes = [
  "invalid_request",
  "workspace_not_found",
  "unauthorized",
  "forbidden",
  "rejected_by_bird",
  "connector_conflict",
  "connector_of_another_install",
  "rate_limited",
  "bird_unavailable",
  "ambiguous_submission",
  "channel_timeout",
  "channel_not_ready",
  "number_attempts_exhausted",
  "number_mismatch",
  "subscription_missing",
  "token_unreadable",
  "cancelled",
  "internal",
  // Of the preflight, whose names begin with meta_.
  "meta_number_differs",
  "meta_phone_connected_elsewhere",
  "meta_phone_not_found",
  "meta_phone_not_verified",
  "meta_phone_of_another_waba",
  "meta_token_expired",
  "meta_token_expires_soon",
  "meta_token_invalid",
  "meta_token_lacks_permission",
  "meta_token_of_another_app",
  "meta_waba_not_found",
];

test("the catalogue holds every code of the contract and no other", () => {
  assert.deepEqual(Object.keys(errorCatalogue).sort(), contractCodes.toSorted());
});

for (const [code, { message, actor, action, retryable }] of Object.entries(errorCatalogue)) {
  test(`${code} says in whole sentences what happened and what to do`, () => {
    for (const text of [message, action]) {
      assert.match(text, /^[A-Z].*[^.]\.$/);
      assert.doesNotMatch(text, /\n|undefined|\[object|access[ _]?token|password|secret|bearer|EAAG/i);
    }
    assert.notEqual(message, action);
    assert.ok(["us", "operator", "customer", "bird"].includes(actor));
    assert.equal(typeof retryable, "boolean");
  });
}

test("what cannot succeed by a mere repeat is not called retryable", () => {
  const final = Object.entries(errorCatalogue).filter(([, { retryable }]) => !retryable);
  assert.deepEqual(
    final.map(([code]) => code),
    ["invalid_request", "rejected_by_bird", "connector_of_another_install", "number_mismatch"],
  );
});
