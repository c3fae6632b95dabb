import { viewHold } from "../../api/workspaces-view.ts";
import { plural } from "../../install/values/shown-text.ts";
import type { Resumption } from "../../queue/workspaces/held-installs.ts";
import { exitCode, type Io, printJson, printLine } from "../terminal/io.ts";

/** `perch workspaces resume`: lifts holds, after an operator has fixed the access key or raised the limit at Bird. */
export const workspacesResumeCommand = async (
  { io, resume }: { readonly io: Io; readonly resume: (workspaceId: string) => Promise<Resumption> },
  { workspaces, json }: { readonly workspaces: readonly string[]; readonly json: boolean },
): Promise<number> => {
  const results: Resumed[] = [];
  for (const workspaceId of workspaces) {
    const { lifted, woken } = await resume(workspaceId.toLowerCase());
    results.push({ workspaceId, lifted: lifted && viewHold(lifted), woken });
  }
  if (json) printJson(io, results);
  else for (const result of results) printLine(io, sentence(result));
  return exitCode.done;
};

/** One workspace in the API's form. */
interface Resumed {
  readonly workspaceId: string;
  readonly lifted: ReturnType<typeof viewHold> | undefined;
  readonly woken: number;
}

const sentence = ({ workspaceId, lifted, woken }: Resumed): string =>
  lifted === undefined
    ? `${workspaceId} was not held; ${plural(woken, "install")} woken.`
    : `${workspaceId} was held as ${lifted.reason} until ${lifted.until}: lifted, ${plural(woken, "install")} woken.`;
