import { type ErrorCode, errorCatalogue } from "../../install/error-catalogue.ts";
import { type Io, printNote } from "../terminal/io.ts";

/** What a command acts on: some installs, or those of a batch. */
type Chosen = { readonly ids: readonly string[] } | { readonly batchId: string };

/** @returns what was chosen; undefined, having said why, when that is nothing or both. */
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
 * Reads `--where code=…`, which chooses rows of a batch by what they failed with.
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
