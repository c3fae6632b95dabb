import assert from "node:assert/strict";
import test from "node:test";
import { crashMoments } from "./crash-points/crash-moments.ts";
import { type CrashStory, crashStories } from "./crash-points/crash-story.ts";
import { crashRoles } from "./crash-points/crash-task.ts";

/** A recovery mostly waits for a lock to run out, so many go on at once. */
const concurrency = 8;
/** A loaded machine may send a life another way, past its point. */
const tries = 6;
/**
 * `all`: one kill a point, even where two points are one moment. A number, 3 by default: one moment in so many is tried, in
 * each story others, because hundreds of kills take minutes; what a story must see is never left out.
 */
const { CRASH_POINTS = "3" } = process.env;
const isThorough = CRASH_POINTS === "all";
const share = Number(CRASH_POINTS);
assert.ok(
  isThorough || (Number.isInteger(share) && share > 0),
  "CRASH_POINTS is all, or a number of moments",
);

interface Crash {
  readonly story: CrashStory;
  /** Names of one moment. The process is killed at the last. */
  readonly points: readonly string[];
}

/**
 * Chores come round at a pace of their own, whatever becomes of the install: after the first rounds, all are alike. And a
 * worker waits for the next job only when none is due yet, which a loaded machine decides.
 */
const laterRound = /^(?:perchUnmark #(?:[3-9]|\d\d)|wait for a job #(?:[2-9]|\d\d))/;

/**
 * Every moment at which the role's process can die: the points that two whole lives have in common. What only one of them
 * passes depends on the machine's load.
 */
const findCrashes = async (story: CrashStory, number: number): Promise<readonly Crash[]> => {
  const [life, other] = await Promise.all([story.live(), story.live()]);
  const common = life.points.filter((point) => other.points.includes(point) && !laterRound.test(point));
  for (const must of [...story.mustSee, ...(story.partsAt === undefined ? [] : [story.partsAt])]) {
    assert.ok(
      common.includes(must),
      `${story.name}: the ${story.role} must pass "${must}": ${common.join(", ")}`,
    );
  }
  const points = story.partsAt === undefined ? common : common.slice(common.indexOf(story.partsAt));
  const moments = isThorough
    ? points.map((point) => [point])
    : crashMoments(points).filter(
        (moment, n) => n % share === number % share || moment.some((point) => story.mustSee.includes(point)),
      );
  return moments.map((moment) => ({ story, points: moment }));
};

const crash = async ({ story, points }: Crash): Promise<void> => {
  const at = points.at(-1);
  for (let n = 1; n <= tries; n += 1) {
    const { isCrashed } = await story.live(at);
    if (isCrashed) return;
  }
  assert.fail(`the ${story.role} never came to "${at}" in ${tries} lives`);
};

const countPoints = (crashes: readonly Crash[]): number =>
  crashes.reduce((sum, { points }) => sum + points.length, 0);

test("an install recovers wherever a process that works on it is killed", {
  concurrency,
}, async (context) => {
  const crashes: Crash[] = [];
  for (const [number, story] of crashStories.entries()) crashes.push(...(await findCrashes(story, number)));
  const recovered: Crash[] = [];
  await Promise.all(
    crashes.map((each) =>
      context.test(
        `${each.story.name}: ${each.story.role} killed at ${each.points.join(" = ")}`,
        async () => {
          await crash(each);
          recovered.push(each);
        },
      ),
    ),
  );
  const parts = crashRoles.map(
    (role) => `${role} ${countPoints(crashes.filter(({ story }) => story.role === role))}`,
  );
  const lost = countPoints(crashes) - countPoints(recovered);
  context.diagnostic(
    `crash points: ${countPoints(crashes)} (${parts.join(", ")}) by ${crashes.length} kills, ${lost === 0 ? "all recovered" : `${lost} NOT recovered`}`,
  );
});
