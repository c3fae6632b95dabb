import assert from "node:assert/strict";
import test from "node:test";
import { eraseCommand } from "../../../src/cli/installs/erase.ts";
import { InstallStateError } from "../../../src/install/errors/errors.ts";
import { createTestIo } from "./test-io.ts";

const erasure = { installs: 2, notifications: 1, events: 0, rejectedRows: 1, connectLinks: 0 };

const createFake = () => {
  const erased: string[] = [];
  const eraseNumber = {
    find: async (phoneNumber: string) => {
      if (phoneNumber.endsWith("9")) throw new InstallStateError("Install A is queued: cancel it.");
      return [
        { id: "A", connectorId: "c-1" },
        { id: "B", connectorId: undefined },
      ];
    },
    erase: async (phoneNumber: string) => {
      erased.push(phoneNumber);
      return erasure;
    },
  };
  return { erased, eraseNumber };
};

test("perch erase reads any writing of the number and says what went and what stays at Bird", async () => {
  const io = createTestIo();
  const { eraseNumber, erased } = createFake();
  const args = { phone: "+1 (415) 555-0123", yes: true, json: false };
  assert.equal(await eraseCommand({ io, eraseNumber }, args), 0);
  assert.deepEqual(erased, ["+14155550123"]);
  assert.equal(io.out(), "Erased: 2 installs, 1 notification, 0 events, 1 rejected row, 0 connect links.\n");
  assert.match(io.err(), /for you to delete there: c-1\.\n/);
  assert.match(io.err(), /docs\/security\.md/);
});

test("perch erase --json prints what went", async () => {
  const io = createTestIo();
  await eraseCommand({ io, ...createFake() }, { phone: "+14155550123", yes: true, json: true });
  const printed: unknown = JSON.parse(io.out());
  assert.deepEqual(printed, { phoneNumber: "+14155550123", erased: erasure, connectorsAtBird: ["c-1"] });
});

test("perch erase does nothing to a live number, to none at all, or unasked", async () => {
  for (const [phone, yes, code, says] of [
    ["+14155550129", true, 1, /Install A is queued/],
    ["415", true, 2, /with its country code/],
    ["+14155550123", false, 2, /Erase \+14155550123 with 2 installs\? .* add --yes/],
  ] as const) {
    const io = createTestIo();
    const { eraseNumber, erased } = createFake();
    assert.equal(await eraseCommand({ io, eraseNumber }, { phone, yes, json: false }), code);
    assert.match(io.err(), says);
    assert.deepEqual(erased, []);
  }
});
