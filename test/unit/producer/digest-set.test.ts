import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { createDigestSet } from "../../../src/producer/import/digest-set.ts";

const digestMax = 2 ** 48 - 1;

it("says of every digest whether it came before, as a Set would", () => {
  const near = fc.oneof(
    fc.integer({ min: 0, max: 3000 }),
    fc.integer({ min: digestMax - 9, max: digestMax }),
  );
  fc.assert(
    fc.property(fc.array(near, { maxLength: 3000, size: "max" }), (digests) => {
      const [set, expected] = [createDigestSet(), new Set<number>()];
      for (const digest of digests) {
        assert.equal(set.add(digest), !expected.has(digest));
        expected.add(digest);
      }
    }),
  );
});

it("keeps what it knew when it grows", () => {
  const set = createDigestSet();
  const digests = Array.from({ length: 20_000 }, (_, index) => (index * 2_654_435_761 * 7919) % digestMax);
  for (const digest of digests) assert.equal(set.add(digest), true);
  for (const digest of digests) assert.equal(set.add(digest), false);
});
