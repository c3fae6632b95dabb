import type { Keys } from "../../../src/queue/keyspace/keys.ts";
import { birdSteps } from "./bird-steps.ts";
import { operationSteps } from "./operation-steps.ts";
import { type Act, peopleSteps } from "./people-steps.ts";
import type { ProcessTree } from "./process-tree.ts";
import type { RedisStates } from "./redis-states.ts";
import { timeSteps } from "./time-steps.ts";
import type { View, World } from "./world.ts";

/** One thing that can happen next. */
export interface Step {
  readonly what: string;
  /** A crash, a lost lock, a broken connection, a lost event: there are only so many. */
  readonly isFault?: boolean;
  readonly next: () => World | Promise<World>;
}

export const beginsToRefuse = "Redis begins to refuse writes";

/** What the steps of a model are made with. */
export interface StepDeps {
  readonly tree: ProcessTree;
  readonly redis: RedisStates;
  readonly views: (state: number) => View;
  readonly keys: Keys;
  readonly hasSweep: boolean;
  readonly workers: readonly string[];
  /** What people may do, each once and whenever it can mean something. */
  readonly people: readonly Act[];
  /** By how much a process's clock is ahead of Redis's, ms. */
  readonly aheadMsOf: (name: string) => number;
  /** Once, Redis may refuse so many writes; 0: it takes all. */
  readonly refusalsMax: number;
  /** The longest a call to Bird may take, ms. */
  readonly callMs: number;
  /** Whether Redis may restart, and have forgotten who passed the gate. */
  readonly hasRestarts: boolean;
  /** Whether Bird makes the channels of connectors. */
  readonly hasChannels: boolean;
  /** Bird sends an event until it is acknowledged, and this often even when it is. */
  readonly deliveriesMax: number;
}

/**
 * Everything that can happen next in a world. Once all installs are completed and nobody has anything left to do with
 * them nothing can change that, so from there on one order stands for all: the first process goes on until it ends, and
 * nothing fails any more.
 */
export const createSteps =
  (deps: StepDeps) =>
  (world: World): readonly Step[] => {
    const view = deps.views(world.redis);
    const people = peopleSteps(deps, world, view);
    const all = [
      ...operationSteps(deps, world),
      ...people,
      ...birdSteps(deps, world),
      ...timeSteps(deps, world, view),
      ...refusalSteps(deps, world),
    ];
    const isOver =
      deps.people.every((act) => world.done.includes(act)) &&
      view.installs.every(({ state }) => state === "completed");
    return isOver ? all.filter(({ isFault }) => isFault !== true).slice(0, 1) : all;
  };

/** Redis begins to refuse writes, and takes them again, whether that many were refused or not. */
const refusalSteps = ({ refusalsMax }: StepDeps, world: World): Step[] => {
  if (world.refusals > 0)
    return [{ what: "Redis takes writes again", next: () => ({ ...world, refusals: 0 }) }];
  const next = () => ({ ...world, refusals: refusalsMax });
  return refusalsMax > 0 ? [{ what: beginsToRefuse, isFault: true, next }] : [];
};
