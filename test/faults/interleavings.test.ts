import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { timedOut } from "./interleavings/beginnings.ts";
import { type Exploration, explore, inWords } from "./interleavings/explore.ts";
import { wrongs } from "./interleavings/invariants.ts";
import { createModel } from "./interleavings/model.ts";
import type { Act } from "./interleavings/people-steps.ts";
import { peopleVariants, variants } from "./interleavings/variants.ts";

// Perch's own code and the real scripts, walked through every order of: two workers, the webhook, the sweep,
// Bird, time, people who cancel, retry, uninstall and ask for the number again, and one fault (a process killed, a
// worker frozen past its lock, a connection broken, an event never sent). Refused writes and clocks that differ are in
// `interleavings-faults.test.ts`, and so are Meta and a restart of Redis. Left out: holds, budgets, a graceful stop, more than two installs.

const sizes = ({ states, transitions, ends, redis }: Exploration): string =>
  `${states} states, ${transitions} transitions, ${ends} ends; ${redis.states} states of Redis, ${redis.effects} operations run`;

const assertNothing = (exploration: Exploration): void =>
  assert.deepEqual(exploration.counterexamples.map(inWords), []);

test("nothing goes wrong in any order, with every event sent twice", async (context: TestContext) => {
  const model = await createModel(context, { deliveriesMax: 2 });
  const exploration = await explore(model, { faultsMax: 0 });
  context.diagnostic(sizes(exploration));
  assertNothing(exploration);
});

test("one fault in any order", async (context: TestContext) => {
  const model = await createModel(context);
  const exploration = await explore(model, { faultsMax: 1 });
  context.diagnostic(sizes(exploration));
  for (const wrong of wrongs) {
    await context.test(`never: ${wrong}`, () => {
      const found = exploration.counterexamples.find(({ what }) => what === wrong);
      assert.equal(found === undefined ? "" : inWords(found), "");
    });
  }
});

/** What people do at once with an install of which nobody knows how it goes on; one of each at most. */
const peoples: readonly (readonly Act[])[] = [
  ["cancel install"],
  ["retry install", "uninstall install"],
  ["uninstall install", "enqueue"],
];

for (const people of peoples) {
  test(`people, in any order with all else: ${people.join(", ")}`, async (context: TestContext) => {
    const from = people.includes("cancel install") ? undefined : timedOut;
    const workers = people.includes("enqueue") ? ["A"] : undefined;
    const model = await createModel(context, { people, from, workers });
    const exploration = await explore(model, { faultsMax: 0 });
    context.diagnostic(sizes(exploration));
    assertNothing(exploration);
  });
}

for (const [broken, change, people, wrong] of peopleVariants) {
  test(`the explorer notices when ${broken}`, async (context: TestContext) => {
    const model = await createModel(context, { change, people, from: timedOut });
    const exploration = await explore(model, { faultsMax: 0, until: wrong });
    const found = exploration.counterexamples.find(({ what }) => what === wrong);
    assert.ok(found, `no way to "${wrong}" among ${sizes(exploration)}`);
    context.diagnostic(`${wrong} after ${found.steps.length} steps; ${sizes(exploration)}`);
  });
}

for (const [broken, change, wrong, faultsMax] of variants) {
  test(`the explorer notices when ${broken}`, async (context: TestContext) => {
    const exploration = await explore(await createModel(context, { change }), { faultsMax, until: wrong });
    const found = exploration.counterexamples.find(({ what }) => what === wrong);
    assert.ok(found, `no way to "${wrong}" among ${sizes(exploration)}`);
    context.diagnostic(`${wrong} after ${found.steps.length} steps; ${sizes(exploration)}`);
  });
}
