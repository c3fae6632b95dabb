import { DelayedError, ErrorCode, type Job, UnrecoverableError, type Worker } from "bullmq";
import { BirdRefusedError } from "../../../src/actions/bird-refused-error.ts";
import { createUninstall } from "../../../src/actions/uninstall.ts";
import {
  ConnectorOfAnotherInstallError,
  InstallNotFoundError,
  InstallStateError,
} from "../../../src/install/errors/errors.ts";
import { InputError } from "../../../src/install/errors/input-error.ts";
import type { Install } from "../../../src/install/install.ts";
import { claimNumbers } from "../../../src/queue/installs/claims.ts";
import type { InstallData } from "../../../src/queue/installs/data.ts";
import type { InstallsQueue } from "../../../src/queue/installs/queue.ts";
import type { LookUps } from "../../../src/queue/maintenance/errands.ts";
import type { UnreadableEvents } from "../../../src/queue/matching/unreadable.ts";
import { redisFaultOf } from "../../../src/redis/errors.ts";
import { createStoreEvent } from "../../../src/webhook/store-event.ts";
import { createSweep } from "../../../src/worker/chores/sweep.ts";
import { channelOf } from "./bird.ts";
import { request } from "./number.ts";
import { issue } from "./operation.ts";
import type { Parts } from "./parts.ts";
import type { Act } from "./people-steps.ts";
import type { Program } from "./process-tree.ts";
import { createProcessor, forgetful, readyStatuses, seal } from "./processor.ts";
import { times } from "./times.ts";
import { laterId, strangersWorkspaceId } from "./world.ts";

/** BullMQ's refusals of a run whose lock is gone; the worker only reports them. */
const refusals: ReadonlySet<unknown> = new Set([
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
]);

const unlessRefused = async (moving: Promise<unknown>): Promise<void> => {
  try {
    await moving;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && refusals.has(error.code))) throw error;
  }
};

const isOfTheRun = (error: Error): boolean =>
  error instanceof UnrecoverableError || redisFaultOf(error) !== undefined;

/** What is said of it is said where it matters: a worker reports it, a webhook answers 503 or leaves it to the sweep. */
const unlessRedisRefuses = async (doing: Promise<unknown>): Promise<void> => {
  try {
    await doing;
  } catch (error) {
    if (redisFaultOf(error) === undefined) throw error;
  }
};

const noBatch = (): Promise<never> => Promise.reject(new Error("there is no batch"));

/** What a person is told instead of what was asked. */
const refusedToPeople = [
  InstallStateError,
  ConnectorOfAnotherInstallError,
  InstallNotFoundError,
  InputError,
  BirdRefusedError,
];

/** Where events go that match nothing by their connector. */
interface KeptApart {
  readonly lookUps: LookUps;
  readonly unreadable: UnreadableEvents;
}

export interface EventOptions {
  /** What it says of the channel; default: its id, and that it can be used. */
  readonly id?: string;
  readonly status?: string;
  /** To whose address it comes; default: the installs'. */
  readonly workspaceId?: string;
}

/** Puts an install of the number on the queue. Its name tells Bird's side whose create it is. */
export const addInstall = async (
  queue: InstallsQueue,
  id: string,
  data: Partial<InstallData> = {},
): Promise<void> => {
  const named = { ...request, name: id };
  await queue.add(
    "install",
    { ...data, request: named, sealed: "sealed" },
    { jobId: id, priority: 10, attempts: 1_000_000 },
  );
};

/**
 * What the processes of the model do, in Perch's own code. A worker's loop is BullMQ's `processJob`,
 * `handleCompleted` and `handleFailed` (`classes/worker.js`) in short; a webhook's is `server.ts`.
 */
export const createPrograms = (parts: Parts, worker: Worker) => {
  const processInstall = createProcessor(parts);
  const matching = forgetful(parts.matching);

  const work = (token: string): Program => {
    return async () => {
      const job: Job | undefined = await worker.getNextJob(token, { block: false });
      if (job === undefined) return;
      try {
        const completion = await processInstall(job, token, undefined);
        await unlessRefused(job.moveToCompleted(completion, token, false));
      } catch (error) {
        if (error instanceof DelayedError) return;
        if (!(error instanceof Error) || !isOfTheRun(error)) throw error;
        await unlessRedisRefuses(unlessRefused(job.moveToFailed(error, token, false)));
      }
    };
  };

  const receive = (
    kept: KeptApart,
    connectorId: string,
    {
      id = channelOf(connectorId),
      workspaceId = parts.request.workspaceId,
      status = "active",
    }: EventOptions = {},
  ): Program => {
    const storeEvent = createStoreEvent({
      ...parts,
      ...kept,
      readyStatuses,
      noteEvent: () => undefined,
    });
    const payload = {
      id,
      connectorId,
      workspaceId,
      identifier: parts.request.phoneNumber,
      status,
    };
    const body = Buffer.from(JSON.stringify({ service: "channels", event: "channel.created", payload }));
    return async () => {
      await unlessRedisRefuses(
        storeEvent(body, workspaceId).then(async ({ wake, isWoken }) => {
          await issue({ kind: "acknowledge" });
          if (wake !== undefined && isWoken !== true) await matching.wake(wake, { eventOf: connectorId });
        }),
      );
    };
  };

  /** What a person sees before an act; the acts only read it once more to show what came of them. */
  const seenOnce = () => {
    const seen = new Map<string, Promise<Install | undefined>>();
    const find = (id: string) => {
      const found = seen.get(id) ?? parts.installs.find(id);
      seen.set(id, found);
      return found;
    };
    return { ...parts.installs, find };
  };

  /** The number is asked for once more, as `put-installs.ts` does. */
  const enqueue = async (): Promise<void> => {
    const { workspaceId, phoneId, phoneNumber } = parts.request;
    const asked = { workspaceId, phoneId, phoneNumber, newId: laterId, batchId: undefined, reinstall: false };
    const [claim] = await claimNumbers({ ...parts, retentionMs: times.retentionMs }, [asked]);
    if (claim?.kind !== "claimed") return;
    const mayBeThere = claim.failedId !== undefined && { unanswered: { sinceMs: parts.now(), looks: 0 } };
    await addInstall(parts.queues.of(laterId), laterId, { ...mayBeThere });
  };

  const act = (kept: KeptApart, each: Act): Program => {
    if (each === "a stranger tells of c1")
      return receive(kept, "c1", { id: "strangers-channel", workspaceId: strangersWorkspaceId });
    const [what, id = ""] = each.split(" ");
    return async () => {
      const installs = seenOnce();
      // The installs are of no batch.
      const batches = { recount: noBatch, decide: noBatch };
      const actions = parts.createActions({ ...parts, matching, seal, installs, batches });
      const uninstall = createUninstall({
        ...parts,
        installs,
        uninstalling: parts.createUninstalling(installs),
      });
      try {
        if (what === "enqueue") await enqueue();
        else if (what === "cancel") await actions.cancel(id);
        else if (what === "retry") await actions.retry(id, { accessToken: "another" });
        else await uninstall(id);
      } catch (error) {
        if (!refusedToPeople.some((type) => error instanceof type)) throw error;
      }
    };
  };

  const sweep: Program = async () => {
    const own = createSweep({ ...parts, matching, retentionMs: times.retentionMs, leftBehindMs: 0 });
    await unlessRedisRefuses(own());
  };
  return { work, receive, sweep, act };
};
