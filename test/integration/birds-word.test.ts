import assert from "node:assert/strict";
import test from "node:test";
import type { Install } from "../../src/install/install.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { sendEvent } from "../support/signed-event.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const isEnded = (install: Install | undefined) =>
  (install?.status === "completed" || install?.status === "failed") && install;

test("bug: the channel id of the first event is final even when Bird shows another channel as active", () =>
  withStack(
    { worker: { firstPollMs: 700, deadlineMs: 4000 }, sandbox: { channelDelayMs: 300 } },
    async (stack) => {
      const { install } = await stack.producer.enqueue(installRequest(0));
      const { connectorId } = await until("it awaits its channel", async () => {
        const found = await stack.producer.installs.find(install.id);
        return found?.status === "awaiting_channel" && found;
      });
      const payload = { id: "01EVENTID", connectorId, status: "pending" };
      assert.equal(await sendEvent(stack, { address: workspaceId, payload }), 200);
      const ended = await until("it ends", async () =>
        isEnded(await stack.producer.installs.find(install.id)),
      );
      assert.equal(ended.status, "completed");
      assert.equal(ended.channelId, stack.sandbox.report().connectors[0]?.channelId);
    },
  ));
