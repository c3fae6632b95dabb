import { channelOf } from "./bird.ts";
import type { View, World } from "./world.ts";

/** What must hold in every world; the text says what is wrong. */
type Invariant = (world: World, view: View, options: { readonly hasSweep: boolean }) => boolean;

const always: Readonly<Record<string, Invariant>> = {
  "Bird made a second connector for one install": ({ bird }) => bird.connectors.length <= 1,

  "a process failed with an error nobody expects": ({ processes }) =>
    processes.every(({ problem }) => problem === undefined),

  "completed without the channel of its own connector": ({ bird }, { state, completion, cid }) =>
    state !== "completed" ||
    bird.connectors.some(
      ({ id, hasChannel }) =>
        hasChannel && id === cid && completion?.connectorId === id && completion.channelId === channelOf(id),
    ),

  "the install's data lost its connector": (_, { isBound, cid }) => !isBound || cid !== undefined,

  "a bound connector does not know its install": (_, { cid, connector }) =>
    cid === undefined || connector(cid).get("job") !== undefined,

  "arrived holds a connector without an event or an install": (_, { arrived, connector }) =>
    arrived.every((id) => connector(id).has("channel") && connector(id).has("job")),

  // Nobody is at work, the event is stored, and only the deadline would wake the install.
  "a wake-up was lost": ({ processes, faults, nowMs }, { dueMs, cid, arrived, connector }, { hasSweep }) => {
    if (processes.length > 0 || dueMs === undefined || dueMs <= nowMs || cid === undefined) return true;
    if (connector(cid).get("usable") !== "1") return true;
    return faults > 0 && hasSweep && arrived.includes(cid);
  },
};

/** What must hold when nothing is left to happen. */
const atTheEnd: Readonly<Record<string, Invariant>> = {
  "the install never ended": (_, { state }) => state === "completed" || state === "failed",

  "an acknowledged event did not complete its install": ({ bird }, { state }) =>
    state === "completed" || !bird.connectors.some(({ event }) => event === "acknowledged"),

  "an event was left behind": (_, { arrived, unmatched }, { hasSweep }) =>
    !hasSweep || (arrived.length === 0 && unmatched.length === 0),
};

/** All that may be found wrong. */
export const wrongs: readonly string[] = [...Object.keys(always), ...Object.keys(atTheEnd)];

const broken = (invariants: Readonly<Record<string, Invariant>>, ...args: Parameters<Invariant>): string[] =>
  Object.entries(invariants).flatMap(([what, holds]) => (holds(...args) ? [] : [what]));

export const brokenAlways = (...args: Parameters<Invariant>): string[] => broken(always, ...args);
export const brokenAtTheEnd = (...args: Parameters<Invariant>): string[] => broken(atTheEnd, ...args);
