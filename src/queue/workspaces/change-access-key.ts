import type { Requester } from "../../install/request.ts";
import type { Holds } from "../gate/holds.ts";
import type { AccessKeyStore } from "./access-keys.ts";
import type { Resumption } from "./held-installs.ts";

/** One line that may be sent in a header. */
export const accessKeyPattern = /^[\x21-\x7e]{1,4096}$/;

export interface AccessKeyChange {
  readonly key: "stored" | "removed" | "none";
  /** Installs that run now; undefined when the workspace was not held because Bird refused its key. */
  readonly woken: number | undefined;
}

/** @param accessKey Undefined: removes the workspace's own key. */
export type ChangeAccessKey = (
  workspaceId: string,
  accessKey: string | undefined,
  requester?: Requester,
) => Promise<AccessKeyChange>;

/**
 * Stores a workspace's own access key, sealed, or removes it. Installs that are held because the former key was refused
 * run now.
 */
export const createChangeAccessKey =
  (deps: {
    readonly accessKeys: AccessKeyStore;
    /** Deletes the stored subscription state, which was read with another key. */
    readonly states: { readonly forget: (workspaceId: string) => Promise<void> };
    readonly holds: Pick<Holds, "find">;
    readonly resume: (workspaceId: string, requester?: Requester) => Promise<Resumption>;
    readonly note: (workspaceIds: readonly string[]) => Promise<void>;
  }): ChangeAccessKey =>
  async (workspaceId, accessKey, requester) => {
    const { accessKeys, states, holds, resume } = deps;
    const change = async (): Promise<AccessKeyChange["key"]> => {
      if (accessKey === undefined) return (await accessKeys.remove(workspaceId)) ? "removed" : "none";
      await accessKeys.store(workspaceId, accessKey);
      await deps.note([workspaceId]);
      return "stored";
    };
    const key = await change();
    await states.forget(workspaceId);
    const hold = await holds.find(workspaceId);
    const isRefused = hold?.reason === "unauthorized";
    return { key, woken: isRefused ? (await resume(workspaceId, requester)).woken : undefined };
  };
