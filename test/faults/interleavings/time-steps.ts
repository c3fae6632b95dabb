import { after } from "./after.ts";
import { startStep } from "./operation-steps.ts";
import type { Step, StepDeps } from "./steps.ts";
import { times } from "./times.ts";
import { type InstallSeen, installId, type View, type World } from "./world.ts";

/** What begins by itself or by time: a run, a sweep, a restart of Redis, a stall, a lock's end, a delay's end. */
export const timeSteps = (deps: StepDeps, world: World, view: View): Step[] => [
  ...runs(deps, world, view),
  ...sweeps(deps, world, view),
  ...restarts(deps, world),
  ...view.installs.flatMap((install) => [
    ...lockEnds(deps, world, install),
    ...stalls(deps, world, install),
    ...delays(deps, world, install),
  ]),
];

const lives = (world: World, name: string): boolean => world.processes.some((node) => node.name === name);

/** BullMQ moves on what is due by the clock of the worker that asks. */
const isDue = (machineMs: number, { state, dueMs }: InstallSeen): boolean =>
  state === "wait" || state === "prioritized" || (dueMs !== undefined && dueMs <= machineMs);

/**
 * A worker that is free takes the install. Those with the same clock are alike, so the first free one does. Those with
 * clocks of their own come one after the other: it is their times that meet.
 */
const runs = (deps: StepDeps, world: World, view: View): Step[] => {
  const free = deps.workers.filter((name) => !lives(world, name));
  const clocks = free.map(deps.aheadMsOf);
  if (clocks.length < deps.workers.length && deps.workers.some((name) => deps.aheadMsOf(name) !== 0))
    return [];
  return free
    .filter((_, index) => clocks.indexOf(clocks[index] ?? 0) === index)
    .filter((name) => view.installs.some((install) => isDue(world.nowMs + deps.aheadMsOf(name), install)))
    .map((name) => startStep(deps, world, name));
};

/** A sweep leaves young events alone, so beside processes that live it finds some only after a fault. */
const sweeps = (deps: StepDeps, world: World, view: View): Step[] =>
  deps.hasSweep &&
  view.arrived.length > 0 &&
  !lives(world, "sweep") &&
  (world.faults > 0 || world.processes.length === 0)
    ? [startStep(deps, world, "sweep")]
    : [];

/** Time may pass only while every create on its way may still be on its way. */
const mayReach = (world: World, untilMs: number): boolean =>
  world.bird.calls.every(({ connectorId, doneByMs }) => connectorId !== undefined || untilMs <= doneByMs);

/** The lock of a killed worker ends; that of one that lives only when it is frozen for all that time. */
const lockEnds = ({ redis, keys }: StepDeps, world: World, { id, state, lock }: InstallSeen): Step[] => {
  const untilMs = world.nowMs + times.lockMs;
  if (state !== "active" || lock === undefined || !mayReach(world, untilMs)) return [];
  const isFrozen = lives(world, lock);
  const del = { kind: "redis", name: "del", lua: undefined, args: [keys.lock(id)] } as const;
  return [
    {
      what: isFrozen ? `${lock} freezes until its lock has run out` : `the lock of ${lock} runs out`,
      isFault: isFrozen,
      next: () =>
        after(redis.run(world.redis, del), ({ state: next }) => ({ ...world, nowMs: untilMs, redis: next })),
    },
  ];
};

/** The part of BullMQ's `moveStalledJobsToWait-9.lua` that concerns one job without a lock. */
const stallLua = `
if redis.call('LREM', KEYS[1], 1, ARGV[1]) > 0 then
  redis.call('HINCRBY', KEYS[2], 'stc', 1)
  redis.call('RPUSH', KEYS[3], ARGV[1])
end`;

/** The world after Lua has changed Redis, with nobody who hears of it. */
const changed = (
  { redis }: StepDeps,
  world: World,
  { lua, keys, arg }: { readonly lua: string; readonly keys: readonly string[]; readonly arg: string },
): World | Promise<World> => {
  const args = [lua, String(keys.length), ...keys, arg];
  const operation = { kind: "redis", name: "eval", lua: undefined, args } as const;
  return after(redis.run(world.redis, operation), ({ state }) => ({ ...world, redis: state }));
};

const restartLua = `
redis.call('HDEL', KEYS[1], 'passed')
redis.call('HSET', KEYS[2], 'restartedAt', ARGV[1])`;

/** Redis restarts while no process is in the middle of anything, without the latest mark of the gate. */
const restarts = (deps: StepDeps, world: World): Step[] => {
  const { keys, hasRestarts } = deps;
  if (!hasRestarts || world.processes.length > 0) return [];
  const restart = { lua: restartLua, keys: [keys.job(installId), keys.server], arg: String(world.nowMs) };
  return [
    {
      what: "Redis restarts and has forgotten who passed the gate",
      isFault: true,
      next: () => changed(deps, world, restart),
    },
  ];
};

const stalls = (deps: StepDeps, world: World, { id, state, lock }: InstallSeen): Step[] => {
  if (state !== "active" || lock !== undefined) return [];
  const { keys } = deps;
  const stall = { lua: stallLua, keys: [keys.job("active"), keys.job(id), keys.job("wait")], arg: id };
  return [{ what: `BullMQ finds ${id} without a worker`, next: () => changed(deps, world, stall) }];
};

/** Time passes until an install is due by the clock of a worker. */
const delays = (deps: StepDeps, world: World, { id, dueMs }: InstallSeen): Step[] =>
  dueMs === undefined
    ? []
    : [...new Set(deps.workers.map((name) => dueMs - deps.aheadMsOf(name)))]
        .filter((atMs) => atMs > world.nowMs && mayReach(world, atMs))
        .map((atMs) => ({
          what: `time passes until ${id} is due (${atMs - world.nowMs} ms)`,
          next: () => ({ ...world, nowMs: atMs }),
        }));
