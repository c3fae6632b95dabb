import type { Step } from "./steps.ts";
import type { View, World } from "./world.ts";

/** Where an exploration begins: the first such world on the way that takes, of what can happen, what is named first. */
export interface Beginning {
  readonly isIt: (world: World, view: View) => boolean;
  readonly way: readonly RegExp[];
}

/** More steps than any such way has. */
const stepsMax = 200;

export const worldAt = async (
  start: World,
  stepsOf: (world: World) => readonly Step[],
  { isIt, way }: { readonly isIt: (world: World) => boolean; readonly way: readonly RegExp[] },
): Promise<World> => {
  let world = start;
  for (let count = 0; !isIt(world); count += 1) {
    const steps = stepsOf(world);
    const next = way.flatMap((what) => steps.find((step) => what.test(step.what)) ?? [])[0];
    if (next === undefined || count === stepsMax) throw new Error("no such way leads to such a world");
    const reached = await next.next();
    world = { ...reached, faults: world.faults + (next.isFault === true ? 1 : 0) };
  }
  return world;
};

/** The install has failed for want of a channel, and Bird has yet to make it: a late event may heal it. */
export const timedOut: Beginning = {
  isIt: ({ bird, processes }, { installs }) =>
    processes.length === 0 &&
    installs[0]?.state === "failed" &&
    bird.connectors.length === 1 &&
    bird.connectors.every(({ hasChannel }) => !hasChannel),
  way: [/makes connector/, /^A: (?!its connection)/, /^A starts/, /time passes/],
};

/** The first create was not answered, and may still be carried out: it is to be looked for. One fault has happened. */
export const unanswered: Beginning = {
  isIt: ({ processes, bird }, { installs }) =>
    processes.length === 0 && bird.calls.length === 1 && installs[0]?.data.unanswered !== undefined,
  way: [/connection to Bird breaks/, /^A: /, /^A starts/],
};

/** The worker was killed while its create was out. One fault has happened. */
export const killedWithCreate: Beginning = {
  isIt: ({ bird, faults }) => bird.calls.length === 1 && faults === 1,
  way: [/^A: (?!its connection)/, /^A starts/, /^A is killed/],
};

/** The first create was not answered, the looks have found nothing, and the second is out. One fault has happened. */
export const postedAgain: Beginning = {
  isIt: ({ bird }, { installs }) => bird.calls.length === 1 && installs[0]?.data.attempts === 1,
  way: [/connection to Bird breaks/, /never gets the create/, /^A: /, /^A starts/, /time passes/],
};

/** The worker froze while it asked Meta, and has lost its lock; the answer is still to come. One fault has happened. */
export const frozenAtMeta: Beginning = {
  isIt: ({ faults }) => faults === 1,
  way: [/^A: (?!Meta)/, /^A starts/, /^A freezes/],
};
