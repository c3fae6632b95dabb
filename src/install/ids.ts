import { BatchNotFoundError, InstallNotFoundError } from "./errors.ts";

const isUlid = (text: string): boolean => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text);

/**
 * The id of an install, as far as its form tells; Redis holds other things under such names.
 *
 * @throws {InstallNotFoundError}
 */
export const knownInstallId = (id: string): string => {
  if (isUlid(id)) return id;
  throw new InstallNotFoundError(id);
};

/**
 * The id of a batch, as far as its form tells; Redis holds other things under such names.
 *
 * @throws {BatchNotFoundError}
 */
export const knownBatchId = (id: string): string => {
  if (isUlid(id)) return id;
  throw new BatchNotFoundError(id);
};
