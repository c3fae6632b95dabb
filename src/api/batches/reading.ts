import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { ProblemError } from "../../http/problem.ts";
import { type ColumnOptions, readColumnOptions } from "../../producer/read/column-options.ts";
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

/**
 * Reads how the rows of an upload are read.
 *
 * @throws {ProblemError} 422: a pair is none, or a value would be wrong in every row; 415: another charset.
 */
export const readingOf = (
  { encoding, map, set, sheet, workspace }: Query,
  headers: IncomingHttpHeaders,
): {
  readonly encoding: Encoding | undefined;
  readonly columns: ColumnOptions;
  readonly sheet: string | undefined;
} => {
  const token = headers["perch-access-token"];
  const accessToken = typeof token === "string" ? token : undefined;
  const columns = readColumnOptions({ map, set, workspace, accessToken });
  if ("issue" in columns) {
    const isToken = columns.option === "access token";
    const path = isToken ? "" : `/${columns.option}`;
    const message = isToken ? `Perch-Access-Token ${columns.issue}` : columns.issue;
    throw new ProblemError({
      status: 422,
      code: "invalid_request",
      detail: `${isToken ? message : `${columns.option} ${message}`}.`,
      errors: [{ path, message }],
    });
  }
  const named = encoding === undefined ? undefined : encodingOf(encoding);
  return { encoding: named ?? charsetOf(headers["content-type"] ?? ""), columns, sheet };
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
