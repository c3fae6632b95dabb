import type { FastifyReply } from "fastify";
import { WaitTimeoutError } from "../../install/errors/errors.ts";
import { type Install, isEnded } from "../../install/install.ts";
import type { Producer } from "../../producer/producer.ts";
import { findOrThrow, type Installs } from "../../queue/installs/installs.ts";
import type { ConcurrencyLimit } from "../server/streaming.ts";

export interface WaitForEnd {
  /** The install once it has ended; its current state when the time is up, the caller disconnects or the server closes. */
  (installId: string, waiting: { readonly seconds: number; readonly reply: FastifyReply }): Promise<Install>;
  /** Answers all waiting requests now. */
  abortAll(): void;
}

export interface WaitForEndDeps {
  readonly installs: Pick<Installs, "find">;
  readonly producer: Pick<Producer, "waitFor">;
}

/** Long polling: one watcher an install serves all requests that wait for it; a request that disconnects is dropped. */
export const createWaitForEnd = ({
  installs,
  producer,
  limit,
}: WaitForEndDeps & { readonly limit: ConcurrencyLimit }): WaitForEnd => {
  const waiting = new Set<AbortController>();

  const wait = async (installId: string, seconds: number, reply: FastifyReply): Promise<Install> => {
    const controller = new AbortController();
    const { signal } = controller;
    const hangUp = (): void => controller.abort();
    waiting.add(controller);
    reply.raw.once("close", hangUp);
    try {
      return await producer.waitFor(installId, { timeoutMs: seconds * 1000, signal });
    } catch (error) {
      if (error instanceof WaitTimeoutError || signal.aborted) return await findOrThrow(installs, installId);
      throw error;
    } finally {
      waiting.delete(controller);
      reply.raw.off("close", hangUp);
    }
  };

  const waitForEnd = async (
    installId: string,
    { seconds, reply }: { readonly seconds: number; readonly reply: FastifyReply },
  ): Promise<Install> => {
    const install = await findOrThrow(installs, installId);
    if (seconds === 0 || isEnded(install.status)) return install;
    limit.acquire(reply);
    return wait(installId, seconds, reply);
  };
  const abortAll = (): void => {
    for (const controller of waiting) controller.abort();
  };
  return Object.assign(waitForEnd, { abortAll });
};
