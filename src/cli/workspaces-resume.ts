import type { Resumption } from "../queue/held-installs.ts";
import { exitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { printJson, printLine } from "./print.ts";

/** `perch workspaces resume`: lifts holds, for a person who has mended the access key or asked Bird for more. */
export const workspacesResumeCommand = async (
  { io, resume }: { readonly io: Io; readonly resume: (workspaceId: string) => Promise<Resumption> },
  { workspaces, json }: { readonly workspaces: readonly string[]; readonly json: boolean },
): Promise<number> => {
  const results: ({ readonly workspaceId: string } & Resumption)[] = [];
  for (const workspaceId of workspaces)
    results.push({ workspaceId, ...(await resume(workspaceId.toLowerCase())) });
  if (json) printJson(io, results);
  else for (const result of results) printLine(io, sentence(result));
  return exitCode.done;
};

const sentence = ({ workspaceId, lifted, woken }: { readonly workspaceId: string } & Resumption): string =>
  lifted === undefined
    ? `${workspaceId} was not held; ${woken} installs woken.`
    : `${workspaceId} was held as ${lifted.reason} until ${new Date(lifted.untilMs).toISOString()}: lifted, ${woken} installs woken.`;
