import type { FastifyReply } from "fastify";
import { ProblemError } from "../http/problem.ts";

/** Requests that last as long as their client likes: uploads and streams of events. */
export interface Lasting {
  /** A signal that is aborted, with a problem as its reason, when the client goes away or the server closes. */
  signalOf(reply: FastifyReply): AbortSignal;
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

export const createLasting = (): Lasting => {
  const open = new Set<AbortController>();
  let isClosing = false;
  return {
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
