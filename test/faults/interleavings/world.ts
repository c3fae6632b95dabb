import { z } from "zod";
import { completionSchema } from "../../../src/install/install.ts";
import { installDataSchema } from "../../../src/queue/installs/data.ts";
import type { Keys } from "../../../src/queue/keyspace/keys.ts";
import { workspaceId } from "../../support/request.ts";
import type { Bird } from "./bird.ts";
import { phoneId } from "./number.ts";
import type { ProcessNode } from "./process-tree.ts";

/** Everything there is at one moment. */
export interface World {
  readonly nowMs: number;
  /** The state of Redis, by its number. */
  readonly redis: number;
  readonly bird: Bird;
  /** Processes that live, by name. A killed one is not there. */
  readonly processes: readonly ProcessNode[];
  /** Crashes, lost locks, broken connections and lost events so far. */
  readonly faults: number;
  /** How many writes Redis refuses before it takes them again; 0: it takes all. */
  readonly refusals: number;
  /** What people have begun; each does it once. */
  readonly done: readonly string[];
}

export const worldKey = ({ nowMs, redis, bird, processes, faults, refusals, done }: World): string =>
  `${nowMs} ${redis} ${faults} ${refusals} ${done.join()} ${processes.map(({ name, id }) => `${name}=${id}`).join(" ")} ${JSON.stringify(bird)}`;

/** The install that is there from the start, and the one a person may ask for when its number is free again. */
export const installId = "install";
export const laterId = "later";
export const installIds = [installId, laterId] as const;
export const connectorIds = ["c1", "c2", "c3"] as const;
export const strangersWorkspaceId = "7a1f3c52-0d0e-4c0b-9a55-5d3c1f0b2e77";

/** A state of Redis in the words of the protocol. */
export type View = ReturnType<typeof createViews> extends (state: number) => infer V ? V : never;
export type InstallSeen = View["installs"][number];

const dumpSchema = z.array(z.tuple([z.number(), z.string(), z.array(z.string())]));

/** BullMQ's keys that say where a job is (`classes/queue-keys.js`). */
const jobStates = ["wait", "active", "prioritized", "delayed", "completed", "failed"] as const;

export const createKeyLists = (keys: Keys) => {
  const queueKey = (name: string): string => keys.job(name);
  return {
    kept: [
      ...jobStates.map(queueKey),
      ...installIds.flatMap((id) => [keys.job(id), keys.lock(id)]),
      keys.arrived,
      keys.unmatched,
      keys.server,
      keys.claim(workspaceId, phoneId),
      ...connectorIds.map(keys.connector),
      ...["", workspaceId, strangersWorkspaceId].flatMap((id) => [
        keys.unmatchedOf(id),
        ...connectorIds.map((connectorId) => keys.unmatchedEvent(id, connectorId)),
      ]),
    ],
    dropped: [
      ...["id", "meta", "pc", "events", "marker", "stalled", "stalled-check"].map(queueKey),
      ...installIds.map(keys.logs),
    ],
  };
};

/** Reads states of Redis; each once. */
export const createViews = (keys: Keys, textOf: (state: number) => string) => {
  const { kept } = createKeyLists(keys);
  const read = (text: string) => {
    const found = new Map(
      dumpSchema.parse(JSON.parse(text)).map(([index, , values]) => [kept[index - 1], values]),
    );
    const values = (key: string): readonly string[] => found.get(key) ?? [];
    const pairs = (key: string) =>
      new Map(values(key).flatMap((v, i, all) => (i % 2 ? [] : [[v, all[i + 1] ?? ""]])));
    const install = (id: string) => {
      const job = pairs(keys.job(id));
      const delayed = pairs(keys.job("delayed")).get(id);
      const returned = job.get("returnvalue");
      const data = installDataSchema.parse(JSON.parse(job.get("data") ?? "null"));
      const isBound = job.has("bound");
      return {
        id,
        state: jobStates.find((state) => values(keys.job(state)).includes(id)),
        /** BullMQ's score is the time, 12 bits to the left (`includes/getDelayedScore.lua`). */
        dueMs: delayed === undefined ? undefined : Math.floor(Number(delayed) / 0x1000),
        lock: values(keys.lock(id))[0],
        data,
        /** BullMQ's `attemptsStarted`. */
        runs: Number(job.get("ats") ?? 0),
        isBound,
        cid: isBound ? data.connectorId : undefined,
        isCancelled: job.has("cancelAt"),
        isUninstalled: job.has("uninstalledAt"),
        isUninstalling: job.has("uninstallingAt"),
        completion: returned === undefined ? undefined : completionSchema.parse(JSON.parse(returned)),
      };
    };
    return {
      /** Those that were asked for. */
      installs: installIds.filter((id) => pairs(keys.job(id)).has("data")).map(install),
      arrived: [...pairs(keys.arrived).keys()],
      unmatched: [...pairs(keys.unmatched).keys()],
      connector: (id: string) => pairs(keys.connector(id)),
    };
  };
  const views = new Map<number, ReturnType<typeof read>>();
  return (state: number) => {
    const view = views.get(state) ?? read(textOf(state));
    views.set(state, view);
    return view;
  };
};
