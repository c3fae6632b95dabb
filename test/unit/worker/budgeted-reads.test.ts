import assert from "node:assert/strict";
import test from "node:test";
import { budgeted, createBudgetedReads } from "../../../src/worker/budgeted-reads.ts";
import { never, noConnectors } from "./run-fixture.ts";

test("a read takes a place of its workspace's budget, and waits for it", async () => {
  const taken: string[] = [];
  const read = budgeted(
    {
      take: async (workspaceId) => {
        taken.push(workspaceId);
        return 30;
      },
    },
    async (workspaceId, about: string) => `${workspaceId}/${about}`,
  );
  const startedAtMs = performance.now();
  assert.equal(await read("w1", "c1"), "w1/c1");
  assert.ok(performance.now() - startedAtMs >= 29, "not before its place");
  assert.deepEqual(taken, ["w1"]);
});

test("every GET takes a place, the create takes none", async () => {
  let places = 0;
  const answer = async () => ({ kind: "forbidden" }) as const;
  const { connectors, channels } = createBudgetedReads({
    connectors: noConnectors({
      get: answer,
      list: answer,
      readiness: answer,
      create: async () => ({ kind: "withheld" }),
    }),
    channels: { get: answer, findByConnector: answer },
    readBudget: {
      peek: never,
      take: async () => {
        places += 1;
        return 0;
      },
    },
  });
  await connectors.get("w1", "c1");
  await connectors.readiness("w1", "c1");
  await connectors.list("w1", { templateRef: "whatsapp:1" });
  await channels.get("w1", "ch1");
  await channels.findByConnector("w1", "c1");
  assert.equal(places, 5);
  const body = {
    name: "",
    connectorTemplateRef: "",
    arguments: { wabaId: "", phoneId: "", phoneNumber: "", mbPhoneId: undefined },
    securityArguments: { oauth: { accessToken: "" } },
    channelConversationalStatusEnabled: undefined,
    invitationToken: undefined,
  };
  assert.deepEqual(await connectors.create("w1", body), { kind: "withheld" });
  assert.equal(places, 5);
});
