import { type ErrorCode, errorCatalogue } from "../../install/errors/error-catalogue.ts";
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
 * Reads `--code`, or `--where code=…`, which select failed installs by their error code.
 *
 * @returns the filter, or what is wrong with it in one sentence.
 */
export const readCode = ({
  code,
  where,
}: {
  readonly code?: string | undefined;
  readonly where?: string | undefined;
}): { readonly errorCode?: ErrorCode } | string => {
  if (code !== undefined && where !== undefined) return "--code and --where code= say the same: choose one.";
  if (code === undefined && where === undefined) return {};
  const option = code === undefined ? "--where must be code= and" : "--code must be";
  const chosen = code ?? /^code=(.*)$/.exec(where ?? "")?.[1];
  return isErrorCode(chosen)
    ? { errorCode: chosen }
    : `${option} one of ${Object.keys(errorCatalogue).join(", ")}.`;
};

const isErrorCode = (text: string | undefined): text is ErrorCode =>
  text !== undefined && Object.hasOwn(errorCatalogue, text);
