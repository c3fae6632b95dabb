import { BatchNotFoundError } from "../queue/batch-errors.ts";

/**
 * The id of a batch, as far as its form tells; Redis holds other things under such names.
 *
 * @throws {BatchNotFoundError}
 */
export const knownBatchId = (id: string): string => {
  if (/^[0-9A-HJKMNP-TV-Z]{26}$/.test(id)) return id;
  throw new BatchNotFoundError(id);
};
