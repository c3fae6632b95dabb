import assert from "node:assert/strict";
import test from "node:test";
import { errorCatalogue } from "../../../src/install/errors/error-catalogue.ts";
import { failureSchema, installError } from "../../../src/install/errors/install-error.ts";

test("a failure is shown with the texts of its catalogue entry", () => {
  const { source: _, ...texts } = errorCatalogue.channel_timeout;
  assert.deepEqual(installError({ code: "channel_timeout" }), { code: "channel_timeout", ...texts });
});

test("a detail follows the catalogue's message", () => {
  const { message } = installError({ code: "channel_not_ready", detail: "Channel 7 is pending." });
  assert.equal(message, `${errorCatalogue.channel_not_ready.message} Channel 7 is pending.`);
});

test("Bird's status and code are passed on when there are any", () => {
  const error = installError({ code: "rejected_by_bird", birdStatus: 422, birdCode: "InvalidPayload" });
  assert.equal(error.birdStatus, 422);
  assert.equal(error.birdCode, "InvalidPayload");
  const without = installError({ code: "rejected_by_bird" });
  assert.ok(!("birdStatus" in without || "birdCode" in without));
});

test("a stored failure is read back for every code of the catalogue, and for no other", () => {
  for (const code of Object.keys(errorCatalogue)) {
    assert.equal(failureSchema.parse({ code }).code, code);
  }
  assert.ok(!failureSchema.safeParse({ code: "toString" }).success);
  assert.ok(!failureSchema.safeParse({ code: "made_up" }).success);
  assert.ok(!failureSchema.safeParse({ code: "internal", birdStatus: 422.5 }).success);
});
