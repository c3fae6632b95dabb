import { type Install, isEnded } from "../../install/install.ts";
import { isoTime } from "../../install/values/shown-text.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { Hold, Holds } from "../../queue/gate/holds.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import type { InstallsQueues } from "../../queue/installs/queue.ts";
import type { Keys } from "../../queue/keyspace/keys.ts";
import { findRecheck } from "../../queue/redis-state/restart-recheck.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { WaitReason } from "../terminal/wait-news.ts";

/** Reads why installs do not move. */
export interface Waits {
  /** Why an install waits; undefined while it moves, or when it has ended. */
  ofInstall(installId: string): Promise<WaitReason | undefined>;
  /** Why a batch waits. */
  ofBatch(batchId: string): Promise<WaitReason | undefined>;
  /** What stops an install that has not ended, its held workspace, its paused batch or no worker, in words. */
  stopOf(install: Install): Promise<string | undefined>;
}

export const createWaits = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly installs: Pick<Installs, "find" | "list">;
  readonly batches: Pick<Batches, "find">;
  readonly holds: Pick<Holds, "find">;
  readonly queues: Pick<InstallsQueues, "all">;
  readonly now?: () => number;
}): Waits => {
  const { client, keys, installs, batches, holds, queues, now = Date.now } = deps;

  /** False when Redis does not list its clients: then nothing is said. */
  const hasNoWorker = async (): Promise<boolean> => {
    const counts = await Promise.all(queues.all.map((queue) => queue.getWorkersCount())).catch(() => []);
    return counts.length > 0 && counts.every((count) => count === 0);
  };

  const holdOf = async ({ workspaceId }: Pick<Install, "workspaceId">): Promise<string | undefined> => {
    const hold = await holds.find(workspaceId);
    return hold && holdText(workspaceId, hold);
  };

  /** What stops every install. */
  const noWorker = async (): Promise<WaitReason | undefined> =>
    (await hasNoWorker())
      ? comes("No worker runs: start one with perch worker or perch start; perch doctor says more.")
      : undefined;

  const doubtedRedis = async (): Promise<WaitReason | undefined> =>
    (await findRecheck({ client, keys }, now())) === undefined
      ? undefined
      : comes(
          "Redis was restarted or restored, so every number is looked for at Bird before its create; perch doctor says more.",
        );

  const heldBy = async (
    install: Pick<Install, "workspaceId"> | undefined,
  ): Promise<WaitReason | undefined> => {
    const hold = install && (await holdOf(install));
    return hold === undefined ? undefined : comes(hold);
  };

  const pausedBatch = async ({ status, batchId }: Install): Promise<WaitReason | undefined> => {
    const batch = status === "queued" && batchId !== undefined ? await batches.find(batchId) : undefined;
    return batch?.status === "paused" ? pauseReason(batch.id, batch.pauseReason) : undefined;
  };

  const ofBatch = async (batchId: string): Promise<WaitReason | undefined> => {
    const batch = await batches.find(batchId);
    if (batch === undefined || batch.finishedAt !== undefined) return undefined;
    if (batch.status === "paused") return pauseReason(batchId, batch.pauseReason);
    return firstOf([
      noWorker,
      async () => heldBy((await installs.list({ batchId, status: "held", limit: 1 })).items[0]),
      doubtedRedis,
    ]);
  };

  const stops = (install: Install) => [
    async () => (install.status === "held" ? heldBy(install) : undefined),
    () => pausedBatch(install),
    noWorker,
  ];

  const stopOf = async (install: Install): Promise<string | undefined> =>
    isEnded(install.status) ? undefined : (await firstOf(stops(install)))?.text;

  const ofInstall = async (installId: string): Promise<WaitReason | undefined> => {
    const install = await installs.find(installId);
    if (install === undefined || isEnded(install.status)) return undefined;
    return firstOf([
      ...stops(install),
      async () => (install.status === "awaiting_channel" ? undefined : doubtedRedis()),
      async () => nextStep(install),
    ]);
  };

  return { ofInstall, ofBatch, stopOf };
};

/** The first reason there is. */
const firstOf = async (
  looks: readonly (() => Promise<WaitReason | undefined>)[],
): Promise<WaitReason | undefined> => {
  for (const look of looks) {
    const reason = await look();
    if (reason !== undefined) return reason;
  }
  return undefined;
};

const nextStep = ({ status, nextActionAt }: Install): WaitReason | undefined => {
  const next = nextActionAt === undefined ? "" : `; Perch acts by itself at ${nextActionAt}`;
  if (status === "awaiting_channel") return comes(`It waits for Bird's event about its channel${next}.`);
  return status === "retrying" ? comes(`It waits for its next attempt${next}.`) : undefined;
};

const comes = (text: string): WaitReason => ({ text, isEndless: false });

/** A batch that halted by itself goes on only once a person has looked at it. */
const pauseReason = (batchId: string, why: string | undefined): WaitReason => ({
  text: `Batch ${batchId} is paused${why === undefined ? " by a person" : `: ${why}`}. Go on with: perch batch ${batchId} --resume`,
  isEndless: why !== undefined,
});

/** Why a workspace is held, until when, and what ends it. */
const holdText = (workspaceId: string, { reason, untilMs }: Hold): string => {
  const until = `Workspace ${workspaceId} is held until ${isoTime(untilMs)}`;
  return reason === "unauthorized"
    ? `${until}: Bird refuses its access key. Correct BIRD_ACCESS_KEY and restart API and workers, or store another with perch workspaces key ${workspaceId}; then: perch workspaces resume ${workspaceId}`
    : `${until}: Bird asked to slow down. It goes on by itself; sooner with: perch workspaces resume ${workspaceId}`;
};
