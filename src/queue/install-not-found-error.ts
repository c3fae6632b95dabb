import type { Install } from "../install/install.ts";
import type { Installs } from "./installs.ts";

/** No install of this id: it never was, or its retention is over. */
export class InstallNotFoundError extends Error {
  readonly code = "install_not_found";

  constructor(installId: string) {
    super(`There is no install ${installId}: check the id; ended installs are kept for RETENTION_MS.`);
    this.name = "InstallNotFoundError";
  }
}

/** @throws {InstallNotFoundError} */
export const findOrThrow = async (installs: Pick<Installs, "find">, installId: string): Promise<Install> => {
  const install = await installs.find(installId);
  if (install === undefined) throw new InstallNotFoundError(installId);
  return install;
};
