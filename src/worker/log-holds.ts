import type { Logger } from "../log.ts";
import type { Hold, Holds } from "../queue/holds.ts";

/** Workspaces whose latest hold is remembered, so that the many runs that meet one hold are one line. */
const rememberedMax = 1000;

/** The same holds, with a line of the log for each in each process that met it. */
export const logHolds = (holds: Holds, { log }: { readonly log: Logger }): Holds => {
  const latest = new Map<string, number>();
  const tell = async (workspaceId: string, holding: Promise<Hold>): Promise<Hold> => {
    const hold = await holding;
    const { reason, untilMs } = hold;
    if (latest.get(workspaceId) !== untilMs) log.warn({ workspaceId, reason, untilMs }, "workspace is held");
    if (latest.size >= rememberedMax) latest.clear();
    latest.set(workspaceId, untilMs);
    return hold;
  };
  return {
    ...holds,
    holdFor: (workspaceId, pauseMs) => tell(workspaceId, holds.holdFor(workspaceId, pauseMs)),
    holdUnauthorized: (workspaceId) => tell(workspaceId, holds.holdUnauthorized(workspaceId)),
  };
};
