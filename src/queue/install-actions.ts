import type { Install } from "../install/install.ts";
import type { InstallChange } from "../install/request.ts";

/** The install is not in a state that allows this. */
export class InstallStateError extends Error {
  readonly code = "wrong_state";

  constructor(message: string) {
    super(message);
    this.name = "InstallStateError";
  }
}

/** What people and services do to an install that exists. */
export interface InstallActions {
  /**
   * Starts a failed or cancelled install again, with the members given replaced.
   *
   * @throws {InstallNotFoundError} @throws {InstallStateError} it has not failed, or its number has another current install.
   */
  retry(installId: string, change: InstallChange): Promise<Install>;
  /**
   * Ends an install that has not ended. A run that is under way carries it out; `cancellation` says what stays.
   *
   * @throws {InstallNotFoundError} @throws {InstallStateError} it has ended already.
   */
  cancel(installId: string): Promise<Install>;
  /** Writes down that the install's connector was deleted at Bird: the number is free for a new install. */
  markUninstalled(installId: string): Promise<Install>;
}
