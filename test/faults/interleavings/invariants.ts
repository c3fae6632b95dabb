import { channelOf } from "./bird.ts";
import type { InstallSeen, View, World } from "./world.ts";

/** More runs than any order needs: by then an install runs for nothing, and would for ever. */
const runsMax = 15;

/** What must hold in every world; the text says what is wrong. */
type Invariant = (world: World, view: View, options: { readonly hasSweep: boolean }) => boolean;

/** It stands for the number: a customer relies on its channel. */
const isInstalled = ({ state, isUninstalled, isUninstalling }: InstallSeen): boolean =>
  state === "completed" && !isUninstalled && !isUninstalling;

const always: Readonly<Record<string, Invariant>> = {
  "Bird made a second connector for one install": ({ bird }, { installs }) =>
    installs.every(
      ({ id }) => bird.connectors.filter(({ of, isDeleted }) => of === id && !isDeleted).length <= 1,
    ),

  "a process failed with an error nobody expects": ({ processes }) =>
    processes.every(({ problem }) => problem === undefined),

  "completed without the channel of its own connector": ({ bird }, { installs }) =>
    installs.every(
      ({ state, completion, cid }) =>
        state !== "completed" ||
        bird.connectors.some(
          ({ id, hasChannel }) =>
            hasChannel &&
            id === cid &&
            completion?.connectorId === id &&
            completion.channelId === channelOf(id),
        ),
    ),

  "two installs stand for one connector": (_, { installs }) => {
    const held = installs.filter(isInstalled).map(({ cid }) => cid);
    return new Set(held).size === held.length;
  },

  "an install is completed whose connector is deleted": ({ bird }, { installs }) =>
    installs.every(
      (install) =>
        !isInstalled(install) ||
        bird.connectors.some(({ id, isDeleted }) => id === install.cid && !isDeleted),
    ),

  "a fault of Redis ended an install": (_, { installs }) =>
    installs.every(({ state, data }) => state !== "failed" || data.failure !== undefined),

  "Meta's finding ended an install whose create may be out": ({ bird }, { installs }) =>
    installs.every(
      ({ id, state, data }) =>
        state !== "failed" ||
        data.failure?.code.startsWith("meta_") !== true ||
        ![...bird.calls, ...bird.connectors.filter(({ isDeleted }) => !isDeleted)].some(
          ({ of }) => of === id,
        ),
    ),

  "an install runs again and again": (_, { installs }) => installs.every(({ runs }) => runs <= runsMax),

  "the install's data lost its connector": (_, { installs }) =>
    installs.every(({ isBound, cid }) => !isBound || cid !== undefined),

  "a bound connector does not know its install": (_, { installs, connector }) =>
    installs.every(
      ({ cid, isUninstalled }) =>
        cid === undefined || isUninstalled || connector(cid).get("job") !== undefined,
    ),

  "arrived holds a connector without an event or an install": (_, { arrived, connector }) =>
    arrived.every((id) => connector(id).has("channel") && connector(id).has("job")),

  // Nobody is at work, the event is stored, and only the deadline would wake the install.
  "a wake-up was lost": ({ processes, faults, nowMs }, { installs, arrived, connector }, { hasSweep }) =>
    processes.length > 0 ||
    installs.every(({ id, dueMs, cid }) => {
      if (dueMs === undefined || dueMs <= nowMs || cid === undefined) return true;
      if (connector(cid).get("usable") !== "1" || connector(cid).get("job") !== id) return true;
      return faults > 0 && hasSweep && arrived.includes(cid);
    }),
};

/** What no step may do; beyond it a world may look well. */
const never: Readonly<Record<string, (before: View, after: View) => boolean>> = {
  "an event completed what was uninstalled": (before, { installs }) =>
    installs.some(({ id, state, isUninstalled }, index) => {
      const was = before.installs[index];
      return (
        id === was?.id && was.isUninstalled && isUninstalled && state === "completed" && was.state !== state
      );
    }),
};

/** What must hold when nothing is left to happen. */
const atTheEnd: Readonly<Record<string, Invariant>> = {
  "the install never ended": (_, { installs }) =>
    installs.every(({ state }) => state === "completed" || state === "failed"),

  "an acknowledged event did not complete its install": ({ bird }, { installs, connector }) =>
    installs.every(({ id, state, cid, isCancelled, isUninstalled, isUninstalling }) => {
      if (state === "completed" || isCancelled || isUninstalled || isUninstalling) return true;
      const isOwner = cid !== undefined && connector(cid).get("job") === id;
      const isTold = bird.connectors.some(
        (one) =>
          one.event === "acknowledged" && (isOwner ? one.id === cid : cid === undefined && one.of === id),
      );
      return !isTold;
    }),

  "an event was left behind": ({ done }, { arrived, unmatched }, { hasSweep }) =>
    !hasSweep || (arrived.length === 0 && (unmatched.length === 0 || done.length > 0)),
};

/** All that may be found wrong. */
export const wrongs: readonly string[] = [always, never, atTheEnd].flatMap(Object.keys);

const broken = (invariants: Readonly<Record<string, Invariant>>, ...args: Parameters<Invariant>): string[] =>
  Object.entries(invariants).flatMap(([what, holds]) => (holds(...args) ? [] : [what]));

export const brokenAlways = (...args: Parameters<Invariant>): string[] => broken(always, ...args);
export const brokenAtTheEnd = (...args: Parameters<Invariant>): string[] => broken(atTheEnd, ...args);
export const brokenBy = (before: View, after: View): string[] =>
  before === after
    ? []
    : Object.entries(never).flatMap(([what, happens]) => (happens(before, after) ? [what] : []));
