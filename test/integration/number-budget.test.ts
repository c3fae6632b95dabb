import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";

const victim = installRequest(1);

test("bug: five requests of strangers with made-up phone ids locked a number for its owner", () =>
  withStack({ worker: { numberMaxCreates: 5 } }, async ({ producer, sandbox }) => {
    const end = async (change: object) => {
      const { install } = await producer.enqueue({ ...victim, ...change });
      const { status, error } = await producer.waitFor(install.id, { timeoutMs: 20_000 });
      return error?.code ?? status;
    };
    const strangers = Array.from({ length: 5 }, (_, n) =>
      end({ workspaceId: randomUUID(), phoneId: String(999000000000000 + n), accessToken: "garbage" }),
    );
    assert.deepEqual(new Set(await Promise.all(strangers)), new Set(["completed"]));
    assert.equal(await end({}), "completed", "the owner's own");

    // Meta counts registrations of the real phone id, whichever workspace they are for.
    const elsewhere: string[] = [];
    for (let n = 0; n < 5; n += 1) elsewhere.push(await end({ workspaceId: randomUUID() }));
    assert.deepEqual(elsewhere, [
      ...Array.from({ length: 4 }, () => "completed"),
      "number_attempts_exhausted",
    ]);
    assert.equal(sandbox.report().connectors.length, 10);
  }));
