import { hash } from "node:crypto";
import { Queue } from "bullmq";
import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { errandsQueueName, type Keys } from "../keyspace/keys.ts";

/** Number of failed calls to Bird. */
const tries = z.number().int().optional();

/** What Perch asks of Bird beside installs. Each may hang for as long as a request may take. */
export const errandSchema = z.discriminatedUnion("kind", [
  /** An event named only its channel: ask Bird for the connector. */
  z.object({
    kind: z.literal("find_connector"),
    workspaceId: z.string(),
    channelId: z.string(),
    status: z.string(),
    tries,
    /** When its turn at the workspace's pace of look-ups is, Unix ms. */
    turnMs: z.number().optional(),
  }),
  /** The install is completed and wants its channel's events sent to a URL. */
  z.object({
    kind: z.literal("subscribe_channel"),
    installId: z.string(),
    workspaceId: z.string(),
    channelId: z.string(),
    tries,
  }),
]);

export type Errand = z.infer<typeof errandSchema>;
export type FindConnectorErrand = Extract<Errand, { readonly kind: "find_connector" }>;
export type SubscribeChannelErrand = Extract<Errand, { readonly kind: "subscribe_channel" }>;
export type ErrandsQueue = Queue<Errand, unknown, Errand["kind"]>;

/** Tries at Bird before an errand is given up: about three hours with the pauses of `process.ts`. */
export const errandTriesMax = 12;

/** Look-ups that may wait in one workspace. One more event is kept as unreadable instead. */
const lookUpsMax = 5000;

/**
 * The queue of errands, apart from the chores, so that no number of requests that hang delays a sweep or a move
 * of a batch. Bird's refusals are counted in an errand's data; BullMQ's own attempts, out of reach, are
 * for faults of Redis.
 */
export const createErrandsQueue = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): ErrandsQueue => {
  const queue: ErrandsQueue = new Queue(errandsQueueName, {
    connection: deps.client,
    prefix: deps.keys.home().prefix,
    defaultJobOptions: {
      // Never 0: looking for a job in BullMQ's list of those takes as long as the list.
      priority: 10,
      attempts: 1_000_000,
      backoff: { type: "custom" },
      removeOnComplete: true,
      removeOnFail: true,
      stackTraceLimit: 1,
    },
  });
  queue.on("error", () => undefined);
  return queue;
};

/**
 * Asks for the subscriptions of a completed install's channel. Asking again while that is under way changes
 * nothing; asking again afterwards makes only what is missing, so when in doubt, ask.
 */
export const addSubscribeChannel = async (
  errands: ErrandsQueue,
  errand: Omit<SubscribeChannelErrand, "kind">,
): Promise<void> => {
  await errands.add(
    "subscribe_channel",
    { kind: "subscribe_channel", ...errand },
    { deduplication: { id: `subscribe-${errand.installId}` } },
  );
};

/** Takes a place for a look-up among those of its workspace. Answers 1, or 0 when there are `most` already. */
const takePlace = defineScript({
  name: "perchLineUp",
  keys: ["places"],
  args: ["most", "keptMs", "id"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('SISMEMBER', places, id) == 0 then
  if redis.call('SCARD', places) >= tonumber(most) then return 0 end
  redis.call('SADD', places, id)
end
redis.call('PEXPIRE', places, keptMs)
return 1`,
});

/** The look-ups of workspaces: so many and no more, each once. */
export interface LookUps {
  /** Asks for a channel's connector; false where too many of the workspace wait already. Asking again changes nothing. */
  add(lookUp: Omit<FindConnectorErrand, "kind">): Promise<boolean>;
  /** It has been looked up, or given up: the next event of the channel is looked up again. */
  done(lookUp: Omit<FindConnectorErrand, "kind">): Promise<void>;
}

export const createLookUps = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly errands: ErrandsQueue;
  readonly retentionMs: number;
}): LookUps => {
  const { client, errands, retentionMs } = deps;
  const home = deps.keys.home();
  return {
    add: async (lookUp) => {
      const jobId = lookUpId(lookUp);
      const places = home.lookUps(lookUp.workspaceId);
      const place = { places, most: lookUpsMax, keptMs: retentionMs, id: jobId };
      if ((await takePlace(client, place)) === 0) return false;
      await errands.add("find_connector", { kind: "find_connector", ...lookUp }, { jobId });
      return true;
    },
    done: async (lookUp) => {
      await client.srem(home.lookUps(lookUp.workspaceId), lookUpId(lookUp));
    },
  };
};

/** Takes over what versions before this one have put among the chores; false where there is no room. */
export const forwardErrand = async (
  deps: Parameters<typeof createLookUps>[0],
  errand: Errand,
): Promise<boolean> => {
  if (errand.kind === "find_connector") return createLookUps(deps).add(errand);
  await addSubscribeChannel(deps.errands, errand);
  return true;
};

/** The workspace is part of it, so that an event of one does not stand in for another's. */
const lookUpId = ({ workspaceId, channelId, status }: Omit<FindConnectorErrand, "kind">): string =>
  hash("sha256", JSON.stringify([workspaceId, channelId, status]), "base64url");
