import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { ProblemError } from "../../http/problem.ts";
import type { InputIssue } from "../../install/errors/input-error.ts";
import {
  type ColumnOptions,
  type OptionIssue,
  readColumnOptions,
} from "../../producer/read/column-options.ts";
import { type RowEdits, readEdits } from "../../producer/read/edited-rows.ts";
import { type Encoding, encodingIssue, encodingOf } from "../../producer/read/encoding.ts";

/** Content type of an Excel workbook. */
export const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** A query member that may be repeated. */
const repeated = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value),
  z.array(z.string().max(1000)).max(100),
);

/** How the rows of an upload are read, as members of the query. */
export const readingQuery = {
  encoding: z
    .string()
    .refine((name) => encodingOf(name) !== undefined, encodingIssue)
    .optional()
    .meta({
      description:
        "`utf-8`, `windows-1252`, `iso-8859-1`, `utf-16le` or `utf-16be`. Default: the charset of the content type, the byte order mark, else UTF-8.",
    }),
  map: repeated.optional().meta({
    description: "`Their column=ours`: a column of another name holds this member. May be repeated.",
  }),
  set: repeated.optional().meta({
    description:
      "`column=value`: for all rows whose cell is empty or absent. May be repeated; takes no secret.",
  }),
  sheet: z.string().min(1).max(100).optional().meta({
    description: "Sheet of a workbook. Default: the first that is not hidden.",
  }),
  workspace: z.string().max(100).optional().meta({ description: "Workspace of rows that name none." }),
} as const;

/**
 * A token for all rows goes in a header, because addresses are logged by proxies and kept by shells and browsers.
 */
export const readingHeaders = z.object({
  "perch-access-token": z.string().optional().meta({
    description: "Token of rows that have none; never shown or logged.",
  }),
});

type Query = {
  readonly [Name in keyof typeof readingQuery]?: z.output<(typeof readingQuery)[Name]>;
};

/** What the fields of a form say, which may be secret. */
interface Fields extends Query {
  readonly defaults?: Readonly<Record<string, string>> | undefined;
  readonly accessToken?: string | undefined;
  readonly edits?: Parameters<typeof readEdits>[0] | undefined;
}

/**
 * Reads how the rows of an upload are read: by the query, and by the fields of a form.
 *
 * @throws {ProblemError} 422: a pair is none, or a value would be wrong in every row; 415: another charset.
 */
export const readingOf = (
  query: Query,
  headers: IncomingHttpHeaders,
  fields: Fields | undefined,
): {
  readonly encoding: Encoding | undefined;
  readonly columns: ColumnOptions;
  readonly sheet: string | undefined;
  readonly edits: RowEdits;
} => {
  const token = headers["perch-access-token"];
  const given = { ...query, ...(typeof token === "string" && { accessToken: token }) };
  if (fields !== undefined) refuseTwice(given, fields);
  const { encoding, map, set, sheet, workspace, accessToken, defaults }: Fields = { ...given, ...fields };
  const edits = readEdits(fields?.edits ?? []);
  if ("issue" in edits) throw optionProblem("edits", edits.issue);
  const columns = readColumnOptions({ map, set, defaults, workspace, accessToken });
  if ("issue" in columns) throw columnsProblem(columns, fields);
  const named = encoding === undefined ? undefined : encodingOf(encoding);
  const charset = fields === undefined ? charsetOf(headers["content-type"] ?? "") : undefined;
  return { encoding: named ?? charset, columns, sheet, edits };
};

const columnsProblem = ({ option, issue }: OptionIssue, fields: Fields | undefined): ProblemError => {
  const isField = fields?.accessToken !== undefined;
  const token = isField ? "accessToken" : "Perch-Access-Token";
  if (option !== "access token") return optionProblem(option, issue);
  const error = isField
    ? { path: "/accessToken", message: issue }
    : { path: "", message: `${token} ${issue}` };
  return wrongRequest(`${token} ${issue}.`, [error]);
};

const optionProblem = (option: string, issue: string): ProblemError =>
  wrongRequest(`${option} ${issue}.`, [{ path: `/${option}`, message: issue }]);

const wrongRequest = (detail: string, errors: readonly InputIssue[]): ProblemError =>
  new ProblemError({ status: 422, code: "invalid_request", detail, errors });

/** @throws {ProblemError} 422: what the query and the form both say could be two different things. */
const refuseTwice = (given: Readonly<Record<string, unknown>>, fields: Fields): void => {
  // A flag that is not given is false.
  const says = (value: unknown): boolean => value !== undefined && value !== false;
  const names = Object.entries(fields).flatMap(([name, value]) =>
    says(value) && says(given[name]) ? [name] : [],
  );
  if (names.length === 0) return;
  throw wrongRequest(
    `The form has ${names.join(" and ")}, which the query or a header has too: keep one.`,
    names.map((name) => ({ path: `/${name}`, message: "is in the query or a header too: keep one" })),
  );
};

/** UTF-8 is what is read without a charset too, so that a byte order mark may say something else. */
const charsetOf = (contentType: string): Encoding | undefined => {
  const name = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1];
  if (name === undefined) return undefined;
  const encoding = encodingOf(name);
  if (encoding !== undefined) return encoding === "utf-8" ? undefined : encoding;
  throw new ProblemError({
    status: 415,
    code: "unsupported_media_type",
    detail: `The charset of the content type ${encodingIssue}.`,
  });
};
