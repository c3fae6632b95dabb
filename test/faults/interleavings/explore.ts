import { brokenAlways, brokenAtTheEnd, brokenBy } from "./invariants.ts";
import type { Model } from "./model.ts";
import type { Step } from "./steps.ts";
import { type World, worldKey } from "./world.ts";

/** A way to a world in which something is wrong, and there is no shorter one. */
export interface Counterexample {
  readonly what: string;
  readonly steps: readonly string[];
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  readonly ends: number;
  /** States of Redis met, and operations really run in them. */
  readonly redis: { readonly states: number; readonly effects: number };
  /** The shortest for each thing that can be wrong. */
  readonly counterexamples: readonly Counterexample[];
}

interface Visit {
  readonly world: World;
  readonly from: Visit | undefined;
  readonly what: string;
}

/**
 * Walks through every world that can be reached, breadth first, so that the first way to a fault is a
 * shortest one.
 */
export const explore = async (
  model: Model,
  options: {
    readonly faultsMax: number;
    /** The faults there are; default: all. */
    readonly faults?: RegExp;
    /** The thing looked for: the first way to it ends the walk. */
    readonly until?: string;
  },
): Promise<Exploration> => {
  const { faultsMax, faults = /./, until } = options;
  const rules = { hasSweep: model.hasSweep };
  const seen = new Set([worldKey(model.first)]);
  const found = new Map<string, Counterexample>();
  let level: Visit[] = [{ world: model.first, from: undefined, what: "" }];
  let nextLevel: Visit[] = [];
  let transitions = 0;
  let ends = 0;

  const report = (visit: Visit, wrongs: readonly string[]): void => {
    for (const what of wrongs) if (!found.has(what)) found.set(what, { what, steps: wayTo(visit) });
  };

  /** What can follow, unless something is wrong: beyond a broken world all is broken. */
  const stepsFrom = (visit: Visit): readonly Step[] => {
    const { world } = visit;
    const view = model.views(world.redis);
    const wrongs = brokenAlways(world, view, rules);
    report(visit, wrongs);
    if (wrongs.length > 0) return [];
    const steps = model.steps(world);
    if (steps.every(({ isFault }) => isFault === true)) {
      ends += 1;
      report(visit, brokenAtTheEnd(world, view, rules));
    }
    return steps.filter(
      ({ isFault, what }) => isFault !== true || (world.faults < faultsMax && faults.test(what)),
    );
  };

  const add = (visit: Visit, { what, isFault }: Step, reached: World): void => {
    const world = { ...reached, faults: visit.world.faults + (isFault === true ? 1 : 0) };
    const key = worldKey(world);
    transitions += 1;
    if (seen.has(key)) return;
    seen.add(key);
    const next = { world, from: visit, what };
    report(next, brokenBy(model.views(visit.world.redis), model.views(world.redis)));
    nextLevel.push(next);
  };

  while (level.length > 0 && !found.has(until ?? "")) {
    for (const visit of level) {
      for (const step of stepsFrom(visit)) {
        const reached = step.next();
        add(visit, step, reached instanceof Promise ? await reached : reached);
      }
    }
    level = nextLevel;
    nextLevel = [];
  }
  return {
    states: seen.size,
    transitions,
    ends,
    redis: model.redis.count(),
    counterexamples: [...found.values()],
  };
};

const wayTo = (visit: Visit): string[] =>
  visit.from === undefined ? [] : [...wayTo(visit.from), visit.what];

/** A counterexample for a person to read. */
export const inWords = ({ what, steps }: Counterexample): string =>
  [`${what}:`, ...steps.map((step, index) => `${String(index + 1).padStart(4)}. ${step}`)].join("\n");
