import { access, constants, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { detectFormat } from "../producer/detect-format.ts";
import type { ImportFormat } from "../producer/read-rows.ts";

export interface ResultsFile {
  readonly path: string;
  readonly format: ImportFormat;
}

/**
 * Looks whether results can be written to a path before anything is enqueued, so that they are not lost in
 * the end.
 *
 * @param importPath The file that is imported, which must not be replaced.
 * @returns the file, or what is wrong with it in one sentence.
 */
export const checkResultsFile = async (path: string, importPath?: string): Promise<ResultsFile | string> => {
  const format = /\.(csv|ndjson|jsonl)$/i.test(path) ? detectFormat(path) : undefined;
  if (format === undefined) {
    return `The results file ${path} must end in .csv, .ndjson or .jsonl, which says how it is written.`;
  }
  const isWritable = await access(dirname(path), constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) return `The folder of ${path} does not exist or may not be written to: choose another.`;
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) {
    return `${path} is a folder: name a file in it.`;
  }
  if (importPath !== undefined && (await isSameFile(path, importPath))) {
    return "The results would replace the import file: choose another name for --out.";
  }
  return { path, format };
};

const isSameFile = async (one: string, other: string): Promise<boolean> => {
  const [first, second] = await Promise.all([one, other].map(realPathOf));
  return first !== undefined && first === second;
};

const realPathOf = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);
