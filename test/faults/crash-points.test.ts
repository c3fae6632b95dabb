import assert from "node:assert/strict";
import test from "node:test";
import { crashLife } from "./crash-points/crash-life.ts";
import { crashMoments } from "./crash-points/crash-moments.ts";
import { type CrashOrder, crashOrders } from "./crash-points/crash-orders.ts";
import { type CrashRole, crashRoles } from "./crash-points/crash-task.ts";

/** A recovery mostly waits for a lock to run out, so many go on at once. */
const concurrency = 8;
/** A loaded machine may send a life another way, past its point. */
const tries = 3;
/**
 * One kill a point, even where two points are one moment. Without this every second moment of a role in an order is left
 * out, each time the other half, because two hundred kills take minutes; what an order must see is never left out.
 */
const isThorough = process.env.CRASH_POINTS === "all";

interface Crash {
  readonly order: CrashOrder;
  readonly role: CrashRole;
  /** Names of one moment. The process is killed at the last. */
  readonly points: readonly string[];
}

/** An install's whole life, run once: every moment at which the role's process can die. */
const findCrashes = async (order: CrashOrder, role: CrashRole): Promise<readonly Crash[]> => {
  const { points } = await crashLife(order, role);
  for (const must of order.mustSee[role]) {
    assert.ok(points.includes(must), `${order.name}: the ${role} must pass "${must}": ${points.join(", ")}`);
  }
  const half = (crashOrders.indexOf(order) + crashRoles.indexOf(role)) % 2;
  const moments = isThorough
    ? points.map((point) => [point])
    : crashMoments(points).filter(
        (moment, n) => n % 2 === half || moment.some((point) => order.mustSee[role].includes(point)),
      );
  return moments.map((moment) => ({ order, role, points: moment }));
};

const crash = async ({ order, role, points }: Crash): Promise<void> => {
  const at = points.at(-1);
  for (let n = 1; n <= tries; n += 1) {
    const { isCrashed } = await crashLife(order, role, at);
    if (isCrashed) return;
  }
  assert.fail(`the ${role} never came to "${at}" in ${tries} lives`);
};

const countPoints = (crashes: readonly Crash[]): number =>
  crashes.reduce((sum, { points }) => sum + points.length, 0);

test("an install recovers wherever its worker or webhook is killed", { concurrency }, async (context) => {
  const crashes: Crash[] = [];
  for (const order of crashOrders) {
    for (const role of crashRoles) crashes.push(...(await findCrashes(order, role)));
  }
  const recovered: Crash[] = [];
  await Promise.all(
    crashes.map((each) =>
      context.test(`${each.order.name}: ${each.role} killed at ${each.points.join(" = ")}`, async () => {
        await crash(each);
        recovered.push(each);
      }),
    ),
  );
  const parts = crashRoles.map(
    (role) => `${role} ${countPoints(crashes.filter((one) => one.role === role))}`,
  );
  const lost = countPoints(crashes) - countPoints(recovered);
  context.diagnostic(
    `crash points: ${countPoints(crashes)} (${parts.join(", ")}) by ${crashes.length} kills, ${lost === 0 ? "all recovered" : `${lost} NOT recovered`}`,
  );
});
