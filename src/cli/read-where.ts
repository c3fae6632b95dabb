import { type ErrorCode, errorCatalogue } from "../install/error-catalogue.ts";

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
