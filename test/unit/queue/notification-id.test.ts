import assert from "node:assert/strict";
import test from "node:test";
import { extraNotificationId, messageId } from "../../../src/queue/outbox/data.ts";

test("a message's id names the thing, the outcome and, from the second start on, which start", () => {
  const failed = { type: "install.failed", subjectId: "01JD" } as const;
  assert.equal(messageId({ ...failed, generation: 1 }), "msg_01JD_failed");
  assert.equal(messageId({ ...failed, generation: 3 }), "msg_01JD_failed_3");
  assert.equal(messageId({ type: "batch.finished", subjectId: "01JB", generation: 1 }), "msg_01JB_finished");
});

test("another URL's notification has an id of its own, always the same and fit for BullMQ", () => {
  const [one, two] = ["https://a.test/?x=1", "https://b.test/"].map((url) =>
    extraNotificationId("msg_01JD_failed", url),
  );
  assert.notEqual(one, two);
  assert.equal(extraNotificationId("msg_01JD_failed", "https://b.test/"), two);
  assert.match(one ?? "", /^msg_01JD_failed_[0-9a-f]{8}$/);
});
