import type { InstallActions } from "../queue/install-actions.ts";
import { actOnInstalls } from "./act-on-installs.ts";
import type { Io } from "./io.ts";

export interface CancelArgs {
  readonly ids: readonly string[];
  readonly yes: boolean;
  readonly json: boolean;
}

/** `perch cancel`: ends installs that have not ended. */
export const cancelCommand = (
  { io, actions }: { readonly io: Io; readonly actions: Pick<InstallActions, "cancel"> },
  { ids, yes, json }: CancelArgs,
): Promise<number> => {
  const unique = [...new Set(ids)];
  const question = unique.length > 1 ? `Cancel ${unique.length} installs?` : undefined;
  return actOnInstalls({ io, act: actions.cancel }, { ids: unique, question, yes, json });
};
