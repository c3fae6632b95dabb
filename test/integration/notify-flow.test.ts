import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { installRequest } from "../support/request.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";
import { answerWith, type Received, withNotify } from "./notify-fixture.ts";

const bodySchema = z.object({
  type: z.string(),
  data: z.object({ id: z.string(), status: z.string(), error: z.object({ code: z.string() }).optional() }),
});

const told = (received: readonly Received[]) =>
  received.map(({ headers, body }) => ({ id: headers["webhook-id"], ...bodySchema.parse(JSON.parse(body)) }));

test("every outcome of an install is sent once to NOTIFY_URL and to its own callback, each under its own id", () =>
  withNotify(async ({ keys, receiver, start }) => {
    const [all, own] = [await receiver(answerWith(204)), await receiver(answerWith(204))];
    await start();
    const refused = installRequest(1);
    const faults = [
      { phoneId: refused.phoneId, times: 2, fault: { kind: "status", status: 422 } },
      { phoneId: installRequest(2).phoneId, fault: { kind: "channel_never" } },
    ] as const;
    const options = { prefix: keys.prefix, sandbox: { faults }, worker: { notifyUrl: all.url } };
    await withStackActions(options, async ({ client, producer }, { actions }) => {
      const { installs } = producer;

      const { install: good } = await producer.enqueue(installRequest(0, { callbackUrl: own.url }));
      const { install: bad } = await producer.enqueue(refused);
      const { install: unwanted } = await producer.enqueue(installRequest(2));
      await until("the third waits for its channel", async () => {
        const seen = await installs.find(unwanted.id);
        return seen?.status === "awaiting_channel";
      });
      await actions.cancel(unwanted.id);
      await producer.waitFor(bad.id);
      await until("the first failure is told", async () =>
        told(all.received).some(({ data }) => data.id === bad.id),
      );
      await actions.retry(bad.id, {});
      await until("five were told", async () => all.received.length >= 4 && own.received.length >= 1);

      const seen = told(all.received).map(({ id, type, data }) => [id, type, data.status]);
      assert.deepEqual(
        seen.sort(),
        [
          [`msg_${good.id}_completed`, "install.completed", "completed"],
          [`msg_${bad.id}_failed`, "install.failed", "failed"],
          [`msg_${bad.id}_failed_2`, "install.failed", "failed"],
          [`msg_${unwanted.id}_cancelled`, "install.cancelled", "cancelled"],
        ].sort(),
      );
      assert.deepEqual(
        told(own.received).map(({ id, type }) => [id, type]),
        [[`msg_${good.id}_completed`, "install.completed"]],
      );
      await until("the outbox is empty", async () => (await client.zcard(keys.outbox)) === 0);
      assert.doesNotMatch(all.received.map(({ body }) => body).join(), /EAAG/);
    });
  }));
