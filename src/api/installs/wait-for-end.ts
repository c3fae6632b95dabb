import type { FastifyReply } from "fastify";
import { type Install, isEnded } from "../../install/install.ts";
import { WaitTimeoutError } from "../../producer/wait-for.ts";

import { findOrThrow } from "../../queue/installs/installs.ts";
import type { ApiDeps } from "../api-deps.ts";
import type { Places } from "../server/streaming.ts";

export interface WaitForEnd {
  /** The install once it has ended; as it is when the time is up, the caller hangs up or the server closes. */
  (installId: string, waiting: { readonly seconds: number; readonly reply: FastifyReply }): Promise<Install>;
  /** Lets everybody who waits go. */
  release(): void;
}

/** Long polling: one watcher an install serves all who wait for it, and who hangs up costs nothing any more. */
export const createWaitForEnd = ({
  installs,
  producer,
  places,
}: Pick<ApiDeps, "installs" | "producer"> & { readonly places: Places }): WaitForEnd => {
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
    places.take(reply);
    return wait(installId, seconds, reply);
  };
  const release = (): void => {
    for (const controller of waiting) controller.abort();
  };
  return Object.assign(waitForEnd, { release });
};
