import type { Uninstall } from "../../actions/uninstall.ts";
import type { Io } from "../terminal/io.ts";
import { actOnInstalls } from "./act.ts";

export interface UninstallArgs {
  readonly id: string;
  readonly yes: boolean;
  readonly json: boolean;
}

/** `perch uninstall`: deletes an install's connector at Bird. */
export const uninstallCommand = (
  { io, uninstall }: { readonly io: Io; readonly uninstall: Uninstall },
  { id, yes, json }: UninstallArgs,
): Promise<number> => {
  const question = `Delete the connector of install ${id} at Bird? Its channel ends with it.`;
  return actOnInstalls({ io, act: uninstall }, { ids: [id], question, yes, json });
};
