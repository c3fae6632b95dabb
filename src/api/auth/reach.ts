import type { FastifyRequest } from "fastify";
import { ProblemError } from "../../http/problem.ts";
import {
  BatchNotFoundError,
  ConnectorOfAnotherInstallError,
  InstallNotFoundError,
  InstallStateError,
} from "../../install/errors/errors.ts";
import type { Requester } from "../../install/request.ts";
import { knownBatchId, knownInstallId } from "../../install/values/ids.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { Installs } from "../../queue/installs/installs.ts";

/** The sender of a request, and the workspaces it may read and act in. */
export interface Caller {
  /** The API key's name; `local` when no keys are set. */
  readonly name: string;
  /** The only workspaces the key reaches, in lower case; undefined: all. */
  readonly workspaces: readonly string[] | undefined;
}

/** The caller of a route that needs a key. */
export const callerOf = ({ caller }: FastifyRequest): Caller => {
  if (caller === undefined) throw new TypeError("An open route has no caller.");
  return caller;
};

/** The caller as the requester of an action. */
export const by = (request: Pick<FastifyRequest, "caller">): Required<Requester> => ({
  requestedBy: request.caller?.name,
});

export const reaches = ({ workspaces }: Caller, workspaceId: string | undefined): boolean =>
  workspaces === undefined || (workspaceId !== undefined && workspaces.includes(workspaceId.toLowerCase()));

/** The issue of a request for a workspace that the key does not reach; the same whether the workspace exists or not. */
export const outOfReach = {
  path: "/workspaceId",
  message: "is none of the workspaces of this API key",
} as const;

/** @throws {ProblemError} 403: the caller named a workspace that its key does not reach. */
export const requireReach = (caller: Caller, workspaceId: string): void => {
  if (reaches(caller, workspaceId)) return;
  const detail = `The key ${caller.name} may not install into this workspace: use one that may.`;
  throw new ProblemError({ status: 403, code: "forbidden", detail, errors: [outOfReach] });
};

/**
 * Validates an install's id, and checks that the caller reaches its workspace.
 *
 * @throws {InstallNotFoundError} also for an install that the caller does not reach: both answer the same 404.
 */
export const reachInstallId = async (
  { installs }: { readonly installs: Pick<Installs, "find"> },
  caller: Caller,
  id: string,
): Promise<string> => {
  const installId = knownInstallId(id);
  if (caller.workspaces === undefined) return installId;
  if (reaches(caller, (await installs.find(installId))?.workspaceId)) return installId;
  throw new InstallNotFoundError(installId);
};

/**
 * Runs an action on an install.
 *
 * @throws {InstallStateError} in place of an error that names an install the caller does not reach.
 */
export const withinReach = async <T>(
  { installs }: { readonly installs: Pick<Installs, "find"> },
  caller: Caller,
  act: () => Promise<T>,
): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    if (caller.workspaces === undefined || !(error instanceof ConnectorOfAnotherInstallError)) throw error;
    if (reaches(caller, (await installs.find(error.ownerId))?.workspaceId)) throw error;
    throw new InstallStateError("Its connector belongs to another install by now.");
  }
};

/**
 * Validates a batch's id, and checks that all its rows are in workspaces the caller reaches.
 *
 * @throws {BatchNotFoundError} also for a batch that the caller does not reach.
 */
export const reachBatchId = async (
  { batches }: { readonly batches: Pick<Batches, "isWithin"> },
  { workspaces }: Caller,
  id: string,
): Promise<string> => {
  const batchId = knownBatchId(id);
  if (workspaces === undefined || (await batches.isWithin(batchId, workspaces))) return batchId;
  throw new BatchNotFoundError(batchId);
};

/** @throws {ProblemError} 403: the key is for some workspaces only. */
export const requireFleet = ({ name, workspaces }: Caller): void => {
  if (workspaces === undefined) return;
  const detail = `This is about all workspaces together; ${name} is a key for some of them only.`;
  throw new ProblemError({ status: 403, code: "forbidden", detail });
};

/** @throws {ProblemError} 404 for a workspace the caller does not reach, whether Perch knows it or not. */
export const reachWorkspaceId = (caller: Caller, workspaceId: string): string => {
  if (reaches(caller, workspaceId)) return workspaceId;
  throw new ProblemError({ status: 404, code: "not_found", detail: `There is no workspace ${workspaceId}.` });
};
