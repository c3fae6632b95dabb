import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { createSeenNumbers } from "../../../src/producer/import/seen-numbers.ts";

const requestOf = (phoneId: number, number = 0) => ({
  workspaceId: "8d3c1f52-6a0b-4e0e-9a6e-0c1a5f6e1b01",
  phoneId: String(phoneId),
  phoneNumber: `+1415555${String(number).padStart(4, "0")}`,
  wabaId: "102290129340310",
});

it("returns the first row of each phone id and whether its number is the same, as a Map would", () => {
  const anyRow = fc.record({
    phoneId: fc.integer({ min: 0, max: 2000 }),
    number: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 3000, size: "max" }), (rows) => {
      const seen = createSeenNumbers();
      const expected = new Map<number, { row: number; number: number }>();
      for (const [index, { phoneId, number }] of rows.entries()) {
        const first = expected.get(phoneId);
        assert.deepEqual(
          seen.firstOf(requestOf(phoneId, number), index + 1),
          first && { row: first.row, isSameNumber: first.number === number },
        );
        if (first === undefined) expected.set(phoneId, { row: index + 1, number });
      }
    }),
  );
});

it("keeps what it knew while it grows", () => {
  const seen = createSeenNumbers();
  for (let n = 1; n <= 50_000; n += 1) assert.equal(seen.firstOf(requestOf(n), n), undefined);
  for (let n = 1; n <= 50_000; n += 1)
    assert.deepEqual(seen.firstOf(requestOf(n), 99_999), { row: n, isSameNumber: true });
});

it("tells apart a phone id in two workspaces, another WABA, and takes both forms of an Argentine number as one", () => {
  const seen = createSeenNumbers();
  const one = { ...requestOf(1), phoneNumber: "+5491123456789" };
  assert.equal(seen.firstOf(one, 1), undefined);
  assert.equal(seen.firstOf({ ...one, workspaceId: "8d3c1f52-6a0b-4e0e-9a6e-0c1a5f6e1b02" }, 2), undefined);
  assert.deepEqual(seen.firstOf({ ...one, wabaId: "7" }, 3), { row: 1, isSameNumber: false });
  assert.deepEqual(seen.firstOf({ ...one, phoneNumber: "+541123456789" }, 4), { row: 1, isSameNumber: true });
});
