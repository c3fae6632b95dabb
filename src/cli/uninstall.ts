import type { Uninstall } from "../api/uninstall.ts";
import { actOnInstalls } from "./act-on-installs.ts";
import type { Io } from "./io.ts";

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
