import { type Install, isEnded } from "../../install/install.ts";
import { type NumberMismatchError, numberMismatch } from "../../install/number-mismatch.ts";
import type { InstallRequest } from "../../install/request.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { Holds } from "../gate/holds.ts";
import { findClaims } from "../installs/claims.ts";
import type { Installs } from "../installs/installs.ts";
import type { Keys } from "../keyspace/keys.ts";

/**
 * What would become of a request: a new install; one that joins the install its number has already; nothing,
 * because the number is installed; a new one that has to wait, because its workspace is held as `unauthorized`.
 */
export type EnqueuePreview = "created" | "attached" | "installed" | "blocked";

/** A request as far as it is compared. */
type PreviewedRequest = Pick<
  InstallRequest,
  "workspaceId" | "phoneId" | "phoneNumber" | "wabaId" | "reinstall"
>;

export type PreviewEnqueue = (
  requests: readonly PreviewedRequest[],
) => Promise<readonly (EnqueuePreview | NumberMismatchError)[]>;

/** Says what an enqueue would do, from the same claims, and writes nothing. See `claims.ts`. */
export const createPreviewEnqueue = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly installs: Pick<Installs, "find">;
  readonly findHold: Holds["find"];
}): PreviewEnqueue => {
  return async (requests) => {
    const workspaces = [...new Set(requests.map(({ workspaceId }) => workspaceId))];
    const [claims, holds] = await Promise.all([
      findClaims(deps, requests),
      Promise.all(workspaces.map(async (id) => [id, await deps.findHold(id)] as const)),
    ]);
    const outlooks = await Promise.all(
      requests.map(async (request, index) => {
        const claim = claims[index];
        if (claim === undefined) return "created";
        const install = await deps.installs.find(claim);
        const outlook = outlookOf(install, request.reinstall === true);
        const mismatch = install && outlook !== "created" && numberMismatch(request, install);
        return mismatch || outlook;
      }),
    );
    const closed = new Set(holds.filter(([, hold]) => hold?.reason === "unauthorized").map(([id]) => id));
    return outlooks.map((outlook, index) => {
      const { workspaceId = "" } = requests[index] ?? {};
      return outlook === "created" && closed.has(workspaceId) ? "blocked" : outlook;
    });
  };
};

const outlookOf = (install: Install | undefined, isReinstall: boolean): EnqueuePreview => {
  // A claim without an install: another producer is just adding it.
  if (install === undefined || !isEnded(install.status)) return "attached";
  const isInstalled = install.status === "completed" && install.uninstalledAt === undefined;
  return isInstalled && !isReinstall ? "installed" : "created";
};
