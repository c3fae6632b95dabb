import { installRequestSchema } from "../../install/request.ts";
import { exitCode, type Io, printNote } from "../terminal/io.ts";

/** Refuses malformed workspace ids: the exit code, or undefined when all are well-formed. */
export const refuseWorkspaces = (io: Io, workspaces: readonly string[]): number | undefined => {
  const wrong = workspaces.filter((id) => !installRequestSchema.shape.workspaceId.safeParse(id).success);
  for (const id of wrong)
    printNote(io, `${id} is no workspace: give its UUID, not the ws_… text of the dashboard's address.`);
  return wrong.length === 0 ? undefined : exitCode.wrongUsage;
};
