import { ConnectLinkNotFoundError, ConnectLinkStateError, type Links } from "../../queue/links/links.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";

/** `perch connect revoke`: makes links useless, as many as can be. */
export const connectRevokeCommand = async (
  { io, links }: { readonly io: Io; readonly links: Pick<Links, "revoke"> },
  { ids, json }: { readonly ids: readonly string[]; readonly json: boolean },
): Promise<number> => {
  let code: number = exitCode.done;
  for (const id of ids) {
    try {
      const link = await links.revoke(id);
      if (json) printJson(io, link);
      else printLine(io, `${id} is revoked.`);
    } catch (error) {
      if (!(error instanceof ConnectLinkNotFoundError || error instanceof ConnectLinkStateError)) throw error;
      printNote(io, error.message);
      code = exitCode.failed;
    }
  }
  return code;
};
