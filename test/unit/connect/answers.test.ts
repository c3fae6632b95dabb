import assert from "node:assert/strict";
import test from "node:test";
import type {
  SessionAnswer as PageAnswer,
  OpenedAnswer as PageOpened,
} from "../../../connect/src/answers.ts";
import { readSignupMessage } from "../../../connect/src/meta-message.ts";
import type { OpenedAnswer, SessionAnswer } from "../../../src/connect/protocol.ts";
import { endSignup, signupChoiceSchema, signupEndings } from "../../../src/sandbox/meta/signup-endings.ts";

test("the page knows every member and value of the service's answers", () => {
  // The compiler judges: the types of one are taken for those of the other, in both directions.
  const opened = (answer: OpenedAnswer): PageOpened => answer;
  const status = (answer: SessionAnswer["status"]): PageAnswer["status"] => answer;
  const back = (answer: PageAnswer["status"]): SessionAnswer["status"] => answer;
  const progress = (answer: NonNullable<PageAnswer["progress"]>): NonNullable<SessionAnswer["progress"]> =>
    answer;
  assert.deepEqual(
    [opened.length, status("open"), back("expired"), progress("queued")],
    [1, "open", "expired", "queued"],
  );
});

const say = (event: string, data: unknown, type = "WA_EMBEDDED_SIGNUP") =>
  JSON.stringify({ type, event, data, version: 3 });

test("every message of the simulated window is read", () => {
  const kinds = signupEndings.map((ending) => {
    const { message } = endSignup(signupChoiceSchema.parse({ ending, wabaId: "7", phoneId: "10" }), Date.now);
    return [ending, readSignupMessage(JSON.stringify(message))?.kind] as const;
  });
  assert.deepEqual(Object.fromEntries(kinds), {
    finish: "finished",
    finish_unverified: "finished",
    finish_only_waba: "finished",
    finish_business_app: "finished",
    finish_business_app_without_phone_id: "finished",
    cancel: "cancelled",
    error: "error",
    closed: undefined,
  });
});

test("an unknown finish is taken with its ids, and an error whatever its event and id are called", () => {
  assert.deepEqual(readSignupMessage(say("FINISH_OBO_MIGRATION", { waba_id: 7, phone_number_id: "10" })), {
    kind: "finished",
    event: "FINISH_OBO_MIGRATION",
    wabaId: "7",
    phoneId: "10",
  });
  for (const [event, data, errorId] of [
    ["ERROR", { error_message: "x" }, undefined],
    ["ERROR", {}, undefined],
    ["CANCEL", { error_code: 524126 }, "524126"],
    ["CANCEL", { error_id: "A-1" }, "A-1"],
  ] as const)
    assert.deepEqual(readSignupMessage(say(event, data)), { kind: "error", errorId });
});

test("what is not Meta's message, or has ids that are none, is nothing", () => {
  for (const text of [
    ...["cb=f1&code=x", "{", "null", "[]", '"x"', undefined, 7, {}],
    say("FINISH", { waba_id: "7/../8" }),
    say("FINISH", null),
    say("PROGRESS", { waba_id: "7" }),
    say("FINISH", { waba_id: "7" }, "OTHER"),
    JSON.stringify({ type: "WA_EMBEDDED_SIGNUP" }),
  ])
    assert.equal(readSignupMessage(text), undefined, String(text));
});
