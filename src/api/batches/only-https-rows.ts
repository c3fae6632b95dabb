import { z } from "zod";
import type { InputRow } from "../../producer/put/enqueue-rows.ts";
import { faultyRow } from "../../producer/read/row-errors.ts";
import { onlyHttps } from "../installs/body.ts";

const textSchema = z.string().optional().catch(undefined);
const urlsSchema = z.object({
  callbackUrl: textSchema,
  channelWebhooks: z.object({ url: textSchema }).optional().catch(undefined),
});
const inputSchema = z.record(z.string(), z.unknown());

/** Rows with the fault named of each that has an address this process does not allow, as in a single request. */
export async function* onlyHttpsRows(
  rows: AsyncGenerator<InputRow, void, undefined>,
  { allowsHttp }: { readonly allowsHttp: boolean },
): AsyncGenerator<InputRow, void, undefined> {
  for await (const row of rows) yield allowsHttp ? row : judge(row);
}

const judge = (row: InputRow): InputRow => {
  const { callbackUrl, channelWebhooks } = urlsSchema.catch({}).parse(row.input);
  const issues = [
    ...(isHttp(callbackUrl) ? [{ path: "/callbackUrl", message: onlyHttps }] : []),
    ...(isHttp(channelWebhooks?.url) ? [{ path: "/channelWebhooks/url", message: onlyHttps }] : []),
  ];
  if (issues.length === 0) return row;
  if ("errors" in row) return { ...row, errors: [...row.errors, ...issues] };
  return faultyRow(row.row, inputSchema.catch({}).parse(row.input), issues);
};

const isHttp = (text: string | undefined): boolean =>
  text !== undefined && URL.canParse(text) && new URL(text).protocol === "http:";
