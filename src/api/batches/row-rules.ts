import { z } from "zod";
import type { InputIssue } from "../../install/errors/input-error.ts";
import type { InputRow } from "../../producer/put/enqueue-rows.ts";
import { rowWithIssues } from "../../producer/read/errors.ts";
import { workspaceIdSchema } from "../auth/api-keys.ts";
import { type Caller, outOfReach, reaches } from "../auth/reach.ts";
import { onlyHttps } from "../installs/body.ts";

const textSchema = z.string().optional().catch(undefined);
const urlsSchema = z.object({
  callbackUrl: textSchema,
  channelWebhooks: z.object({ url: textSchema }).optional().catch(undefined),
});
const inputSchema = z.record(z.string(), z.unknown());

/** Adds an issue to each row with an http address where the settings allow https only, as the body of a single request has it. */
export const onlyHttpsRows = (
  rows: AsyncGenerator<InputRow, void, undefined>,
  { allowsHttp }: { readonly allowsHttp: boolean },
): AsyncGenerator<InputRow, void, undefined> => (allowsHttp ? rows : mapRows(rows, validateUrls));

async function* mapRows(
  rows: AsyncGenerator<InputRow, void, undefined>,
  change: (row: InputRow) => InputRow,
): AsyncGenerator<InputRow, void, undefined> {
  for await (const row of rows) yield change(row);
}

const validateUrls = (row: InputRow): InputRow => {
  if (!hasUrls(row.input)) return row;
  const { callbackUrl, channelWebhooks } = urlsSchema.catch({}).parse(row.input);
  const issues = [
    ...(isHttp(callbackUrl) ? [{ path: "/callbackUrl", message: onlyHttps }] : []),
    ...(isHttp(channelWebhooks?.url) ? [{ path: "/channelWebhooks/url", message: onlyHttps }] : []),
  ];
  return issues.length === 0 ? row : withIssues(row, issues);
};

/** Few rows have one, and the schema costs each row as much as reading it. */
const hasUrls = (input: unknown): boolean =>
  typeof input === "object" && input !== null && ("callbackUrl" in input || "channelWebhooks" in input);

const isHttp = (text: string | undefined): boolean =>
  text !== undefined && URL.canParse(text) && new URL(text).protocol === "http:";

/** Adds an issue to each row for a workspace that the caller does not reach. */
export const onlyReachableRows = (
  rows: AsyncGenerator<InputRow, void, undefined>,
  caller: Caller,
): AsyncGenerator<InputRow, void, undefined> =>
  caller.workspaces === undefined ? rows : mapRows(rows, (row) => validateReach(row, caller));

const namedSchema = z.object({ workspaceId: workspaceIdSchema });

/** A malformed workspace id is left to the request's own schema. */
const validateReach = (row: InputRow, caller: Caller): InputRow => {
  const named = namedSchema.safeParse(row.input).data?.workspaceId;
  return named === undefined || reaches(caller, named) ? row : withIssues(row, [outOfReach]);
};

const withIssues = (row: InputRow, issues: readonly InputIssue[]): InputRow =>
  "errors" in row
    ? { ...row, errors: [...row.errors, ...issues] }
    : { ...rowWithIssues(row.row, inputSchema.catch({}).parse(row.input), issues), line: row.line };
