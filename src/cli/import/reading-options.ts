import { readFile } from "node:fs/promises";
import { type ColumnOptions, readColumnOptions } from "../../producer/read/column-options.ts";
import { type Encoding, encodingIssue, encodingOf } from "../../producer/read/encoding.ts";
import type { Io } from "../terminal/io.ts";

/** What a command line says of an import file. */
export interface ReadingArgs {
  /** `-` is standard input. */
  readonly file: string;
  /** How the file's characters are written: `windows-1252`, … Default: UTF-8, or what its mark says. */
  readonly encoding?: string | undefined;
  /** Sheet of a workbook; default: the first that is not hidden. */
  readonly sheet?: string | undefined;
  /** `Their column=ours`. */
  readonly map?: readonly string[] | undefined;
  /** `column=value`, for columns that are missing. */
  readonly set?: readonly string[] | undefined;
  /** The workspace of rows that name none. */
  readonly workspace?: string | undefined;
  /** File with the token of rows that have none. */
  readonly accessTokenFile?: string | undefined;
}

/** How the rows of an import file are read. */
export interface ReadingOptions {
  readonly encoding: Encoding | undefined;
  readonly columns: ColumnOptions;
}

const optionNames = {
  map: "--map",
  set: "--set",
  defaults: "--set",
  workspace: "--workspace",
  "access token": "The token in --access-token-file",
} as const;

/**
 * Reads `--encoding`, `--map`, `--set`, `--workspace` and `--access-token-file`.
 *
 * @returns the options, or what is wrong with them in one sentence.
 */
export const readReadingOptions = async (
  io: Pick<Io, "stdin">,
  args: ReadingArgs,
): Promise<ReadingOptions | string> => {
  const { encoding: named, map, set, workspace, accessTokenFile: tokenFile } = args;
  const encoding = named === undefined ? undefined : encodingOf(named);
  if (named !== undefined && encoding === undefined) return `--encoding ${encodingIssue}.`;
  if (tokenFile === "-" && args.file === "-")
    return "Standard input is the import file already: name a file in --access-token-file.";
  const token = tokenFile === undefined ? undefined : await tokenIn(io, tokenFile);
  if (token?.issue !== undefined) return token.issue;
  const columns = readColumnOptions({ map, set, workspace, accessToken: token?.text });
  if ("issue" in columns) return `${optionNames[columns.option]} ${columns.issue}.`;
  return { encoding, columns };
};

const tokenIn = async ({ stdin }: Pick<Io, "stdin">, file: string) => {
  try {
    const text =
      file === "-" ? Buffer.concat(await stdin.toArray()).toString() : await readFile(file, "utf8");
    return { text: text.replace(/^\ufeff/, ""), issue: undefined };
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : "unknown error";
    return { text: undefined, issue: `The file of --access-token-file cannot be read: ${code}.` };
  }
};
