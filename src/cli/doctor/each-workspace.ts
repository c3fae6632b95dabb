import type { DoctorContext } from "./doctor-context.ts";
import type { Finding, Verdict } from "./finding.ts";
import { verdictOf } from "./run-checks.ts";

/** One finding a workspace; trouble with one is only its own. */
export const eachWorkspace = async (
  id: string,
  context: DoctorContext,
  judge: (workspaceId: string) => Promise<Verdict>,
): Promise<readonly Finding[]> =>
  Promise.all(
    (await context.workspaces()).map(async (workspaceId) => ({
      id: `${id}:${workspaceId}`,
      ...(await judge(workspaceId).catch(verdictOf)),
    })),
  );
