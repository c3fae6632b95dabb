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

/** What one key stands for, whatever it is completed with. */
export interface EnqueueOnce extends Requester {
  readonly workspaceId: string;
  readonly use: IdempotencyUse;
  readonly connect?: Submission["connect"];
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
  /**
   * Enqueues the install of a key, whose request costs something that is spent only once to complete. `complete` is called
   * under the key's lock and only while there is no install of the key; it gets the id the install will have.
   */
  enqueueOnce(once: EnqueueOnce, complete: (installId: string) => Promise<InstallRequest>): Promise<Enqueued>;
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
    request: { readonly workspaceId: string },
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
    { use, requestedBy, connect }: SingleUse & Pick<Submission, "connect">,
  ): Promise<Enqueued> => {
    const [enqueued] = await put([{ request, newId, requestedBy, connect }]);
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

  const enqueueOnce: EnqueueOne["enqueueOnce"] = async (once, complete) => {
    const { use, workspaceId } = once;
    const { newId, known } = await reserve({ workspaceId }, use);
    if (known !== undefined) return { install: known, created: false };
    return underLock(use, newId, async () => putOne(await complete(newId), newId, once));
  };

  /** Runs what consumes something, unless the previous holder of the lock has enqueued the same. */
  const underLock = (use: IdempotencyUse, newId: string, run: () => Promise<Enqueued>): Promise<Enqueued> =>
    idempotency.withLock(use, async () => {
      const meanwhile = await find(newId);
      return meanwhile === undefined ? run() : { install: meanwhile, created: false };
    });

  return {
    enqueueOnce,
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
      return underLock(use, newId, async () => {
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
