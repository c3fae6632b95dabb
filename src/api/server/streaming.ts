import type { FastifyReply } from "fastify";
import { type ProblemCode, ProblemError } from "../../http/problem.ts";
import { createUploadPlaces, type UploadPlaces } from "./upload-places.ts";

/** Requests without a time limit: uploads, event streams and long polls. */
export interface StreamingRequests {
  /** Returns a signal that is aborted, with a problem as its reason, when the client disconnects or the server closes. */
  abortSignalFor(reply: FastifyReply): AbortSignal;
  /** Limits event streams and long polls of one key. */
  readonly waiting: ConcurrencyLimit;
  /** Limits uploads of one key. */
  readonly uploads: UploadPlaces;
  /** Aborts all open requests, and every later one. */
  abortAll(): void;
}

export const goneProblem = {
  status: 400,
  code: "bad_request",
  detail: "The connection ended before the body did: send the same upload again, and it goes on.",
} as const;

const closingProblem = {
  status: 503,
  code: "unavailable",
  detail: "Perch is stopping: send the same upload again, and it goes on.",
  retryAfterSeconds: 5,
} as const;

const waitingMax = 50;

export const createStreamingRequests = (): StreamingRequests => {
  const open = new Set<AbortController>();
  let isClosing = false;
  return {
    waiting: createConcurrencyLimit({
      max: waitingMax,
      code: "too_many_open_requests",
      detail: `At most ${waitingMax} event streams and waiting requests of a key may be open at once: close one, or come again later.`,
      retryAfterSeconds: 10,
    }),
    uploads: createUploadPlaces(),
    abortSignalFor: ({ raw }) => {
      const controller = new AbortController();
      open.add(controller);
      raw.once("close", () => {
        open.delete(controller);
        controller.abort(new ProblemError(goneProblem));
      });
      if (raw.closed) controller.abort(new ProblemError(goneProblem));
      if (isClosing) controller.abort(new ProblemError(closingProblem));
      return controller.signal;
    },
    abortAll: () => {
      isClosing = true;
      for (const controller of open) controller.abort(new ProblemError(closingProblem));
    },
  };
};

/** Limits how many streaming requests of one key may be open at once. */
export interface ConcurrencyLimit {
  /**
   * Takes a slot until the connection has its answer or is closed.
   *
   * @throws {ProblemError} 429: all slots are taken.
   */
  acquire(reply: FastifyReply): void;
}

/** Counts in this process, by key; without API keys all callers share one limit. */
const createConcurrencyLimit = (options: {
  readonly max: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly retryAfterSeconds: number;
}): ConcurrencyLimit => {
  const { max, ...problem } = options;
  const taken = new Map<string, number>();
  return {
    acquire: ({ raw, request: { keyName = "" } }) => {
      const count = taken.get(keyName) ?? 0;
      if (count >= max) throw new ProblemError({ status: 429, ...problem });
      if (raw.closed) return;
      taken.set(keyName, count + 1);
      raw.once("close", () => {
        const left = (taken.get(keyName) ?? 1) - 1;
        if (left === 0) taken.delete(keyName);
        else taken.set(keyName, left);
      });
    },
  };
};
