import {
  ConnectorOfAnotherInstallError,
  InstallNotFoundError,
  InstallStateError,
} from "../../install/errors/errors.ts";
import { InputError } from "../../install/errors/input-error.ts";

/**
 * Why an action on one of many installs was refused; undefined for an error that is no refusal.
 *
 * @param within The only workspaces the caller may see; undefined: all. The install that has a connector may be in another.
 */
const refusalOf = (error: unknown, within: readonly string[] | undefined): string | undefined => {
  if (error instanceof ConnectorOfAnotherInstallError)
    return within === undefined ? error.message : "Its connector belongs to another install by now.";
  const isRefusal =
    error instanceof InputError ||
    error instanceof InstallStateError ||
    error instanceof InstallNotFoundError;
  return isRefusal ? error.message : undefined;
};

/** Acts on one of many installs. @returns why it was refused; undefined when it was done. */
export const refusedBecause = async (
  act: () => Promise<unknown>,
  within: readonly string[] | undefined,
): Promise<string | undefined> => {
  try {
    await act();
    return undefined;
  } catch (error) {
    const refusal = refusalOf(error, within);
    if (refusal === undefined) throw error;
    return refusal;
  }
};
