import type { Install } from "../../install/install.ts";
import { type NumberMismatchError, numberMismatch } from "../../install/number-mismatch.ts";
import type { InstallRequest, Requester, SignupRequest } from "../../install/request.ts";
import type { Idempotency, IdempotencyUse } from "../../queue/installs/idempotency.ts";
import type { Enqueued } from "./enqueued.ts";
import type { Submission } from "./put-installs.ts";

/** What a single request is sent with. */
interface SingleUse extends Requester {
  readonly use: IdempotencyUse | undefined;
}

/** Enqueues single requests; a repeat with the same idempotency key returns the install of the first. */
interface EnqueueOne {
  enqueue(request: InstallRequest, how: SingleUse): Promise<Enqueued>;
  /** Fetches the token with `exchange`, which is not called when the key was used before. */
  enqueueSignup(
    request: SignupRequest,
    how: SingleUse,
    exchange: (code: string) => Promise<string>,
  ): Promise<Enqueued>;
}

export const createEnqueueOne = (deps: {
  readonly idempotency: Idempotency;
  readonly nextId: (workspaceId: string) => Promise<string>;
  readonly find: (installId: string) => Promise<Install | undefined>;
  readonly put: (submissions: readonly Submission[]) => Promise<readonly Enqueued[]>;
  /** How a request contradicts the current install of its `phoneId`. */
  readonly findMismatch: (request: SignupRequest) => Promise<NumberMismatchError | undefined>;
}): EnqueueOne => {
  const { idempotency, nextId, put, find } = deps;
  /** The id reserved for a request, and the install that already has it. */
  const reserve = async (
    request: InstallRequest | SignupRequest,
    use: IdempotencyUse | undefined,
  ): Promise<{
    readonly newId: string;
    readonly isFirst: boolean;
    readonly known: Install | undefined;
  }> => {
    const id = await nextId(request.workspaceId);
    if (use === undefined) return { newId: id, isFirst: true, known: undefined };
    const newId = await idempotency.reserve(use, { request, newId: id });
    const isFirst = newId === id;
    return { newId, isFirst, known: isFirst ? undefined : await find(newId) };
  };

  const putOne = async (
    request: InstallRequest,
    newId: string,
    { use, requestedBy }: SingleUse,
  ): Promise<Enqueued> => {
    const [enqueued] = await put([{ request, newId, requestedBy }]);
    if (enqueued === undefined) throw new RangeError("one result for one request");
    const { id: installId } = enqueued.install;
    const mismatch = enqueued.created ? undefined : numberMismatch(request, enqueued.install);
    if (mismatch !== undefined) return refuse(mismatch, use);
    if (use !== undefined && installId !== newId) await idempotency.move(use, installId);
    return enqueued;
  };

  /** The corrected request may use the key. */
  const refuse = async (mismatch: NumberMismatchError, use: IdempotencyUse | undefined): Promise<never> => {
    if (use !== undefined) await idempotency.drop(use).catch(() => undefined);
    throw mismatch;
  };

  return {
    enqueue: async (request, how) => {
      const { newId, known } = await reserve(request, how.use);
      return known === undefined ? putOne(request, newId, how) : { install: known, created: false };
    },
    enqueueSignup: async (request, how, exchange) => {
      const { use } = how;
      const { signupCode, ...rest } = request;
      /** Before the code is spent. */
      const checkNumber = async (): Promise<void> => {
        const mismatch = await deps.findMismatch(request);
        if (mismatch !== undefined) await refuse(mismatch, use);
      };
      const toRequest = async () => ({ ...rest, accessToken: await exchange(signupCode) });
      if (use === undefined) {
        await checkNumber();
        const id = await nextId(request.workspaceId);
        return putOne(await toRequest(), id, how);
      }
      const { newId, isFirst, known } = await reserve(request, use);
      if (known !== undefined) return { install: known, created: false };
      return idempotency.withLock(use, async () => {
        // The previous holder of the lock may have enqueued the same request.
        const meanwhile = await find(newId);
        if (meanwhile !== undefined) return { install: meanwhile, created: false };
        await checkNumber();
        const complete = await toRequest().catch(async (error: unknown) => {
          // The next attempt needs another code, so it is another request; it may use the same key.
          if (isFirst) await idempotency.drop(use).catch(() => undefined);
          throw error;
        });
        return putOne(complete, newId, how);
      });
    },
  };
};
