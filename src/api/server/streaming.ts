import type { FastifyReply } from "fastify";
import { ProblemError } from "../../http/problem.ts";

/** Requests that last as long as their client likes: uploads, streams of events and those that wait for an end. */
export interface Lasting {
  /** A signal that is aborted, with a problem as its reason, when the client goes away or the server closes. */
  signalOf(reply: FastifyReply): AbortSignal;
  /** Of streams and long polls, by key. */
  readonly stays: Places;
  /** Of uploads, by key. */
  readonly uploads: Places;
  /** Ends them all, and those that come later. */
  release(): void;
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

const staysMax = 50;
const uploadsMax = 4;

export const createLasting = (): Lasting => {
  const open = new Set<AbortController>();
  let isClosing = false;
  return {
    stays: createPlaces({
      max: staysMax,
      code: "too_many_open_requests",
      detail: `At most ${staysMax} event streams and waiting requests of a key may be open at once: close one, or come again later.`,
      retryAfterSeconds: 10,
    }),
    uploads: createPlaces({
      max: uploadsMax,
      code: "too_many_uploads",
      detail: `At most ${uploadsMax} uploads of a key may be under way at once: send this file again when one has ended.`,
      retryAfterSeconds: 10,
    }),
    signalOf: ({ raw }) => {
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
    release: () => {
      isClosing = true;
      for (const controller of open) controller.abort(new ProblemError(closingProblem));
    },
  };
};

/** How many requests of one key may be under way at once, of those that last. */
export interface Places {
  /**
   * Takes a place until the connection has its answer or is gone.
   *
   * @throws {ProblemError} 429, all are taken.
   */
  take(reply: FastifyReply): void;
}

/** Counts in this process, by key; without keys all callers are one. */
const createPlaces = (options: {
  readonly max: number;
  readonly code: string;
  readonly detail: string;
  readonly retryAfterSeconds: number;
}): Places => {
  const { max, ...problem } = options;
  const taken = new Map<string, number>();
  return {
    take: ({ raw, request: { keyName = "" } }) => {
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
