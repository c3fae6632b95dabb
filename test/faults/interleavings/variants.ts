import type { InstallStore } from "../../../src/queue/installs/store.ts";
import type { Matching } from "../../../src/queue/matching/matching.ts";
import type { createApplyStep } from "../../../src/worker/process.ts";
import type { Parts } from "./parts.ts";
import type { Act } from "./people-steps.ts";
import { connectorIds, installId } from "./world.ts";

/** Breaks one thing of the protocol. */
type Variant = (parts: Parts) => Parts;

type ApplyStep = ReturnType<typeof createApplyStep>;
type Park = Extract<Parameters<ApplyStep>[2], { readonly kind: "park" }>;

const withMatching = (parts: Parts, change: Partial<Matching>): Parts => ({
  ...parts,
  matching: { ...parts.matching, ...change },
});

/** Binds without parking in the same instant. */
const bindsOnly = (parts: Parts): Parts =>
  withMatching(parts, { bind: ({ parkUntilMs: _, ...binding }) => parts.matching.bind(binding) });

/** Exchanges how a bound install is parked; `own` is Perch's way without its look. */
const parks =
  (park: (own: () => Promise<unknown>, parts: Parts, connectorId: string) => Promise<unknown>): Variant =>
  (parts) => ({
    ...bindsOnly(parts),
    createApplyStep: (deps) => {
      const own = parts.createApplyStep(deps);
      return async (job, token, step) => {
        if (step.kind !== "park" || step.connectorId === undefined) return own(job, token, step);
        const { connectorId, ...lookless }: Park = step;
        let delayed: unknown;
        const parkOnly = () =>
          own(job, token, lookless).catch((error: unknown) => {
            if (!(error instanceof Error && error.name === "DelayedError")) throw error;
            delayed = error;
          });
        await park(parkOnly, parts, connectorId ?? "");
        throw delayed;
      };
    },
  });

const wakeIf = async (parts: Parts, hasArrived: boolean): Promise<void> => {
  if (hasArrived) await parts.matching.wake(installId);
};

const parkUnlocked = (parts: Parts): InstallStore["park"] => {
  return async ({ data, what, ...write }) => {
    if (data !== undefined) await parts.client.hset(parts.keys.job(installId), "data", JSON.stringify(data));
    await parts.store.park(write);
  };
};

const lost = "a wake-up was lost";
const second = "Bird made a second connector for one install";
const unbound = "the install's data lost its connector";
const deleted = "an install is completed whose connector is deleted";

/** Each must be caught: what is broken, how, what comes of it, and how many faults that takes. */
export const variants: readonly (readonly [string, Variant, string, 0 | 1 | 2])[] = [
  [
    "the worker looks before it parks",
    parks(async (park, parts, connectorId) => {
      const hasArrived = await parts.matching.hasNews({ installId, connectorId });
      await park();
      await wakeIf(parts, hasArrived);
    }),
    lost,
    0,
  ],

  [
    "park and look are sent together",
    parks(async (park, parts, connectorId) => {
      const [hasArrived] = await Promise.all([parts.matching.hasNews({ installId, connectorId }), park()]);
      await wakeIf(parts, hasArrived);
    }),
    lost,
    0,
  ],

  ["there is no second look", parks((park) => park()), lost, 0],

  [
    "a suspect run posts at once",
    (parts) => ({ ...parts, detectLostCreate: async ({ data }) => ({ data }) }),
    second,
    1,
  ],

  [
    "a suspect run does not wait for the earlier call",
    (parts) => ({
      ...parts,
      detectLostCreate: async (run) => {
        const { data } = await parts.detectLostCreate(run);
        const { unanswered } = data;
        if (unanswered === undefined) return { data };
        const sinceMs = Math.min(unanswered.sinceMs, parts.now());
        return { data: { ...data, unanswered: { ...unanswered, sinceMs } } };
      },
    }),
    second,
    1,
  ],

  ["a lagging list is looked at only once", (parts) => ({ ...parts, lookDelaysMs: [0] }), second, 1],

  [
    "a create is sent without asking for the lock again",
    (parts) => ({
      ...parts,
      connectors: {
        ...parts.connectors,
        create: (workspaceId, body) => parts.connectors.create(workspaceId, body),
      },
    }),
    second,
    1,
  ],

  ["there is no sweep", (parts) => ({ ...parts, hasSweep: false }), lost, 1],

  [
    "data is written without the lock",
    (parts) => ({
      ...parts,
      store: { ...parts.store, park: parkUnlocked(parts) },
    }),
    unbound,
    1,
  ],

  [
    "bind takes two steps",
    (parts) =>
      withMatching(parts, {
        bind: async (binding) => {
          const fields = { bound: "1", data: JSON.stringify(binding.data), priority: "1" };
          await parts.client.hset(parts.keys.job(installId), fields);
          return parts.matching.bind(binding);
        },
      }),
    "a bound connector does not know its install",
    0,
  ],

  [
    "a bind without the lock takes the event",
    (parts) =>
      withMatching(parts, {
        bind: async (binding) => {
          const token = await parts.client.get(parts.keys.lock(installId));
          return parts.matching.bind({ ...binding, token: token ?? binding.token });
        },
      }),
    lost,
    1,
  ],

  [
    "an event is taken only once",
    (parts) =>
      withMatching(parts, {
        take: async (install) => {
          const isNew = await parts.matching.hasNews(install);
          return isNew
            ? parts.matching.take(install)
            : { channel: undefined, isCancelled: false, ownerId: installId };
        },
      }),
    lost,
    1,
  ],
];

/** What people's acts break, with what they do, from an install that has failed and may still be healed. */
export const peopleVariants: readonly (readonly [string, Variant, readonly Act[], string])[] = [
  [
    "an uninstall does not ask who owns the connector",
    (parts) => ({
      ...parts,
      createUninstalling: (seen) => ({
        ...parts.createUninstalling(seen),
        begin: async (id) => {
          const { workspaceId = "", connectorId = "" } = (await seen.find(id)) ?? {};
          return { workspaceId, connectorId };
        },
      }),
    }),
    ["enqueue", `uninstall ${installId}`],
    deleted,
  ],

  [
    "an uninstall is not said before it is sent",
    (parts) => ({
      ...parts,
      createUninstalling: (seen) => {
        const own = parts.createUninstalling(seen);
        return {
          ...own,
          begin: async (id) => {
            const connector = await own.begin(id);
            await own.abandon(id);
            return connector;
          },
        };
      },
    }),
    [`uninstall ${installId}`],
    deleted,
  ],

  [
    "a retry does not become the owner, and nobody asks for one",
    (parts) => ({
      ...withMatching(parts, {
        take: async (install) => {
          const owner = await parts.client.hget(parts.keys.connector(install.connectorId), "job");
          const told = await parts.matching.take({ ...install, installId: owner ?? install.installId });
          return { ...told, ownerId: install.installId };
        },
      }),
      createActions: (deps) => {
        const own = parts.createActions(deps);
        return {
          ...own,
          retry: async (id, ...rest) => {
            const [connector = ""] = connectorIds.map(parts.keys.connector);
            const owner = await parts.client.hget(connector, "job");
            const retried = await own.retry(id, ...rest);
            if (owner !== null) await parts.client.hset(connector, "job", owner);
            return retried;
          },
        };
      },
    }),
    ["enqueue", `retry ${installId}`],
    "two installs stand for one connector",
  ],
];
