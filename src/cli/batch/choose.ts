import { type ErrorCode, errorCatalogue } from "../../install/error-catalogue.ts";
import { type Io, printNote } from "../terminal/io.ts";

/** The target of a command: some installs, or those of a batch. */
type Chosen = { readonly ids: readonly string[] } | { readonly batchId: string };

/** @returns the target; undefined, after printing why, when neither or both are given. */
export const chosenInstalls = (
  io: Io,
  { ids, batch }: { readonly ids: readonly string[]; readonly batch?: string | undefined },
): Chosen | undefined => {
  if (batch === undefined) {
    if (ids.length > 0) return { ids: [...new Set(ids)] };
    printNote(io, "Name the installs by their ids, or a batch with --batch.");
    return undefined;
  }
  if (ids.length === 0) return { batchId: batch };
  printNote(io, "Name either installs by their ids or a batch with --batch, not both.");
  return undefined;
};

/**
 * Reads `--where code=…`, which selects failed rows of a batch by their error code.
 *
 * @returns the filter, or what is wrong with it in one sentence.
 */
export const readWhere = (text: string | undefined): { readonly errorCode?: ErrorCode } | string => {
  if (text === undefined) return {};
  const [key, code, ...others] = text.split("=");
  if (key === "code" && isErrorCode(code) && others.length === 0) return { errorCode: code };
  return `--where must be code= and one of ${Object.keys(errorCatalogue).join(", ")}.`;
};

const isErrorCode = (text: string | undefined): text is ErrorCode =>
  text !== undefined && Object.hasOwn(errorCatalogue, text);
