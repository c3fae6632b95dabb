import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { createSeal } from "../../../src/queue/secrets/seal.ts";
import { createSubmit } from "../../../src/worker/submit/submit.ts";
import { installData } from "../../integration/queue-fixture.ts";

const never = async () => assert.fail("not to be called");

test("a fault while a create is sent says nothing of the tokens in it", async () => {
  const { seal, open } = createSeal([{ kid: "k", bytes: Buffer.alloc(32, 1) }]);
  const plain = installData();
  const install = { installId: "01JGFJJZ00000000000000000A", workspaceId: plain.request.workspaceId };
  const secrets = { accessToken: "EAAG-CANARY", invitationToken: "INVITE-CANARY" };
  const data = { ...plain, sealed: await seal(secrets, install) };
  const create = { phoneNumber: data.request.phoneNumber, atMs: 1, by: "a:b" };
  const submit = createSubmit({
    // As a client would that quotes what it could not send.
    connectors: {
      create: async (_workspaceId, body) => {
        throw new TypeError(`cannot send ${JSON.stringify(body)}`);
      },
    },
    gate: {
      ask: async () => ({ kind: "go", lockMs: 30_000, create }),
      isCancelled: async () => false,
      takeBack: never,
    },
    findHold: async () => undefined,
    preflight: async () => undefined,
    seal: { open },
    template: "whatsapp:1",
    requestTimeoutMs: 30_000,
    detectLostCreate: async ({ data }) => ({ data }),
    lookAgain: never,
    settle: never,
    liftHold: never,
    observer: { onGate: () => undefined, onSubmit: () => undefined },
    now: Date.now,
  });
  const run = {
    installId: install.installId,
    token: "t",
    data,
    runNumber: 1,
    stalls: 0,
    queuedAtMs: 1,
    maxAttempts: 8,
    signal: undefined,
  };
  await assert.rejects(submit(run), (error) => {
    assert.ok(error instanceof TypeError);
    assert.match(error.message, /cannot send .*\[redacted\]/);
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /CANARY/);
    return true;
  });
});
