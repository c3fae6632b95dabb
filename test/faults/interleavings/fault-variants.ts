import { UnrecoverableError } from "bullmq";
import { createInstallStore } from "../../../src/queue/installs/store.ts";
import { createMatching } from "../../../src/queue/matching/matching.ts";
import { redisFaultOf } from "../../../src/redis/errors.ts";
import { createDetectLostCreate } from "../../../src/worker/submit/lost-create.ts";
import { noRestarts, type Parts } from "./parts.ts";
import { times } from "./times.ts";
import { installId } from "./world.ts";

/** Breaks one thing of the protocol. */
type Variant = (parts: Parts) => Parts;

/** A run that knows of an unanswered create asks for nothing more, as if that were its own. */
export const secondCreateUnguarded: Variant = (parts) => ({
  ...parts,
  detectLostCreate: async (run) =>
    run.data.unanswered === undefined ? parts.detectLostCreate(run) : { data: run.data },
});

/** Nobody asks whether Redis was restarted. */
export const restartsUnseen: Variant = (parts) => ({
  ...parts,
  detectLostCreate: createDetectLostCreate({
    ...parts,
    restarts: noRestarts,
    requestTimeoutMs: parts.callMs,
    looksMax: parts.lookDelaysMs.length,
  }),
});

/** What Redis refuses a run ends the install, as the last of BullMQ's attempts did. */
export const refusalsCount: Variant = (parts) => ({
  ...parts,
  createOnUnexpectedError: () => (process) => async (job, token, signal) => {
    try {
      return await process(job, token, signal);
    } catch (error) {
      if (redisFaultOf(error) === undefined) throw error;
      throw new UnrecoverableError("internal");
    }
  },
});

/** All times are those of the worker's machine. */
export const machinesTime: Variant = (parts) => {
  const now = () => Date.now();
  const its = { ...parts, retentionMs: times.retentionMs, now, fastest: now };
  return { ...its, matching: createMatching(its), store: createInstallStore(its) };
};

/** What is parked is parked by Redis's time, but moved on by the clock of the worker that asks. */
export const parkedBySlowClock: Variant = (parts) => {
  const slow = { ...parts, retentionMs: times.retentionMs, fastest: parts.now };
  return { ...parts, matching: createMatching(slow), store: createInstallStore(slow) };
};

/** Nobody asks whether the install still has the connector of an event. */
export const eventsOfTheGone: Variant = (parts) => {
  const { client, keys, queues, matching } = parts;
  return {
    ...parts,
    matching: {
      ...matching,
      arrive: async ({ connectorId, channelId, status }) => {
        const fields = { channel: channelId, status, usable: "1", at: String(parts.now()), job: installId };
        await client.hset(keys.connector(connectorId), fields);
        return { result: "stored", wake: installId };
      },
      wake: async (id, options) => {
        const waking = await matching.wake(id, options);
        if (waking !== "not_owner") return waking;
        const job = await queues.of(id).getJob(id);
        await job?.retry("failed");
        return "healed";
      },
      take: async ({ connectorId }) => {
        const channelId = await client.hget(keys.connector(connectorId), "channel");
        const channel = { status: "active", isUsable: true, arrivedAtMs: parts.now() };
        return {
          channel: channelId === null ? undefined : { channelId, ...channel },
          isCancelled: false,
          ownerId: installId,
        };
      },
    },
  };
};

/** An event is believed to be of the workspace that has the connector, whatever address it came to. */
export const noWalls: Variant = (parts) => ({
  ...parts,
  matching: {
    ...parts.matching,
    arrive: (arrival) => parts.matching.arrive({ ...arrival, workspaceId: parts.request.workspaceId }),
  },
});

/** The channel is the one that the first event named: Bird's connector is not asked. */
export const eventIsFinal: Variant = (parts) => ({
  ...parts,
  connectors: { ...parts.connectors, get: async () => ({ kind: "not_found" }) },
});

/** Meta is asked first, before it is known whether a create of the install is out. */
export const asksMetaFirst: Variant = (parts) => ({
  ...parts,
  createSubmit: ({ askMeta, ...deps }) => {
    const own = parts.createSubmit(deps);
    return async (run) => {
      const asked = (await askMeta?.(run, "")) ?? { run };
      return "step" in asked ? asked.step : own(asked.run);
    };
  },
});

/** An install forgets how long it has waited for its turn at Meta. */
export const waitsForMetaAnew: Variant = (parts) => ({
  ...parts,
  createAskMeta: (deps) => {
    const own = parts.createAskMeta(deps);
    return ({ data: { metaCheck: _, ...data }, ...run }, token) => own({ ...run, data }, token);
  },
});
