import type { Install } from "../install/install.ts";
import type { InstallRequest, SignupRequest } from "../install/request.ts";
import { dropReservation, moveReservation, reserveInstallId, whileAlone } from "../queue/idempotency.ts";
import type { Keys } from "../queue/keys.ts";
import type { RedisClient } from "../queue/redis-client.ts";
import { whileRedisAnswers } from "../queue/redis-unavailable.ts";
import type { Enqueued, Submission } from "./put-installs.ts";

/** Enqueues single requests; a repeat with the same idempotency key is handed the install of the first. */
export interface EnqueueOne {
  enqueue(request: InstallRequest, idempotencyKey: string | undefined): Promise<Enqueued>;
  /** The token is fetched by `exchange`, which is not called when the key came before. */
  enqueueSignup(
    request: SignupRequest,
    idempotencyKey: string | undefined,
    exchange: (code: string) => Promise<string>,
  ): Promise<Enqueued>;
}

export const createEnqueueOne = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly nextId: (workspaceId: string) => Promise<string>;
  readonly find: (installId: string) => Promise<Install | undefined>;
  readonly put: (submissions: readonly Submission[]) => Promise<readonly Enqueued[]>;
}): EnqueueOne => {
  const { nextId, put } = deps;
  const find = (installId: string) => whileRedisAnswers(() => deps.find(installId));

  /** The id a request gets, and the install that has it already. */
  const reserve = async (
    request: InstallRequest | SignupRequest,
    idempotencyKey: string | undefined,
  ): Promise<{
    readonly newId: string;
    readonly isFirst: boolean;
    readonly known: Install | undefined;
  }> => {
    const id = await nextId(request.workspaceId);
    if (idempotencyKey === undefined) return { newId: id, isFirst: true, known: undefined };
    const newId = await whileRedisAnswers(() =>
      reserveInstallId(deps, { idempotencyKey, request, newId: id }),
    );
    const isFirst = newId === id;
    return { newId, isFirst, known: isFirst ? undefined : await find(newId) };
  };

  const putOne = async (
    request: InstallRequest,
    newId: string,
    idempotencyKey: string | undefined,
  ): Promise<Enqueued> => {
    const [enqueued] = await put([{ request, newId }]);
    if (enqueued === undefined) throw new RangeError("one result for one request");
    const { id: installId } = enqueued.install;
    if (idempotencyKey !== undefined && installId !== newId)
      await whileRedisAnswers(() => moveReservation(deps, { idempotencyKey, installId }));
    return enqueued;
  };

  return {
    enqueue: async (request, idempotencyKey) => {
      const { newId, known } = await reserve(request, idempotencyKey);
      return known === undefined
        ? putOne(request, newId, idempotencyKey)
        : { install: known, created: false };
    },
    enqueueSignup: async (request, idempotencyKey, exchange) => {
      const { signupCode, ...rest } = request;
      const toRequest = async () => ({ ...rest, accessToken: await exchange(signupCode) });
      if (idempotencyKey === undefined) {
        const id = await nextId(request.workspaceId);
        return putOne(await toRequest(), id, undefined);
      }
      const { newId, isFirst, known } = await reserve(request, idempotencyKey);
      if (known !== undefined) return { install: known, created: false };
      return whileAlone(deps, idempotencyKey, async () => {
        // Whoever held the lock before may have been at work on the same request.
        const meanwhile = await find(newId);
        if (meanwhile !== undefined) return { install: meanwhile, created: false };
        const complete = await toRequest().catch(async (error: unknown) => {
          // The next try needs another code, so it is another request; it may have the same key.
          if (isFirst) await dropReservation(deps, idempotencyKey).catch(() => undefined);
          throw error;
        });
        return putOne(complete, newId, idempotencyKey);
      });
    },
  };
};
