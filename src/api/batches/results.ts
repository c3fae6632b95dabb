import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Logger } from "../../log.ts";
import { detectFormat, type ImportFormat } from "../../producer/read/format.ts";
import { resultsContent } from "../../producer/results/file.ts";
import { type ResultRow, resultRows } from "../../producer/results/rows.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { callerOf } from "../auth/reach.ts";
import { problems, textAnswer } from "../server/answers.ts";
import { idParams } from "../server/parameters.ts";
import { sendText } from "../server/send-text.ts";
import { findBatch } from "./find.ts";
import { workbookType } from "./reading.ts";

const statuses = [
  "completed",
  "failed",
  "rejected",
  "cancelled",
  "pending",
] as const satisfies readonly ResultRow["status"][];
const formats = ["csv", "ndjson", "xlsx"] as const satisfies readonly ImportFormat[];

const types = {
  csv: "text/csv; charset=utf-8; header=present",
  ndjson: "application/x-ndjson",
  xlsx: workbookType,
} as const satisfies Record<ImportFormat, string>;

const querySchema = z.strictObject({
  status: z
    .enum(statuses, `must be one of ${statuses.join(", ")}`)
    .optional()
    .meta({ description: "Only rows with this status." }),
  format: z
    .enum(formats, `must be one of ${formats.join(", ")}`)
    .optional()
    .meta({ description: "Default: what the header Accept names first, else ndjson." }),
});

const description = `One row an input row, in input order, as it is now; also while the batch runs.

Its columns are those of a results file: \`row\`, \`status\`, \`installId\`, \`connectorId\`, \`channelId\`, \`errorCode\`,
\`errorMessage\`, \`action\`, \`birdMessage\`, \`line\` (of the file), then those of the input without its secrets. The
failed rows, with a token column added, can be uploaded again, also after a spreadsheet has opened and saved the CSV:
it begins with a byte order mark, has the separator of the uploaded file, and an apostrophe guards ids and numbers.`;

export interface BatchResultsDeps {
  readonly batches: Pick<Batches, "find" | "isWithin" | "rows" | "inputFile">;
  readonly installs: Pick<Installs, "findMany">;
  readonly log: Logger;
}

/** `GET /v1/batches/{id}/results`. */
export const addBatchResults = (server: FastifyInstance, deps: BatchResultsDeps): void => {
  server.withTypeProvider<ZodTypeProvider>().get(
    "/v1/batches/:id/results",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "getBatchResults",
        tags: ["batches"],
        summary: "Download the result of every row",
        description,
        params: idParams("batch"),
        querystring: querySchema,
        response: {
          200: textAnswer(
            "The results. When the connection ends early they are incomplete.",
            {
              "application/x-ndjson": "One JSON object a row.",
              "text/csv": "A header and one line a row.",
              [workbookType]: "A workbook of text cells.",
            },
            {
              "Content-Disposition": {
                type: "string",
                description: "Names the file after the batch.",
                examples: ["attachment; filename=\"march-results.csv\"; filename*=UTF-8''march-results.csv"],
              },
            },
          ),
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { query, headers } = request;
      const { id, name } = await findBatch(deps, callerOf(request), request.params.id);
      const format = query.format ?? acceptedFormat(headers.accept ?? "");
      const rows = onlyWith(query.status, resultRows(deps, id));
      return sendText(reply, resultsContent(rows, format, await deps.batches.inputFile(id)), {
        log: deps.log,
        headers: { "content-type": types[format], "content-disposition": attachment(name, format) },
      });
    },
  );
};

async function* onlyWith(
  status: ResultRow["status"] | undefined,
  rows: AsyncGenerator<ResultRow>,
): AsyncGenerator<ResultRow> {
  for await (const row of rows) if (status === undefined || row.status === status) yield row;
}

/** The format whose type the header names first; weights are ignored. */
const acceptedFormat = (accept: string): ImportFormat => {
  const named = formats
    .map((format) => ({ format, at: accept.indexOf(types[format].split(";")[0] ?? "") }))
    .filter(({ at }) => at !== -1)
    .sort((a, b) => a.at - b.at);
  return named[0]?.format ?? "ndjson";
};

/** A header that names the file after the batch: RFC 6266, with the name repeated as in RFC 8187 where it is not ASCII. */
const attachment = (name: string, format: ImportFormat): string => {
  const stem = detectFormat(name) === undefined ? name : name.slice(0, name.lastIndexOf("."));
  const file = `${stem.toWellFormed().replaceAll(/[/\\\p{Cc}]/gu, "_")}-results.${format}`;
  const plain = file.replaceAll(/[^\w .()-]/g, "_");
  const encoded = encodeURIComponent(file).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
};
