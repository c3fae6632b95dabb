import type { FastifyReply } from "fastify";
import { ProblemError } from "../http/problem.ts";

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
export const createPlaces = (options: {
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
