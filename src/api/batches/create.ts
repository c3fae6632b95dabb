import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { ProblemError } from "../../http/problem.ts";
import { batchSchema } from "../../install/batch.ts";
import type { Logger } from "../../log.ts";
import { canarySchema, haltAtOf, haltAtSchema, importNameSchema } from "../../producer/import/options.ts";
import type { Producer } from "../../producer/producer.ts";
import { type Caller, callerOf } from "../auth/reach.ts";
import { installExamples } from "../installs/body.ts";
import { answer, problems } from "../server/answers.ts";
import { flagSchema } from "../server/parameters.ts";
import { sendText } from "../server/send-text.ts";
import type { StreamingRequests } from "../server/streaming.ts";
import { dryRunText } from "./dry-run.ts";
import { readingHeaders, readingOf, readingQuery, workbookType } from "./reading.ts";
import { onlyHttpsRows, onlyReachableRows } from "./row-rules.ts";
import { dryRunSchema } from "./schema.ts";
import { type ImportUploadDeps, importUpload, openUpload, type Upload } from "./upload.ts";

const description = `Reads a file of any length as a stream and answers once each of its rows is enqueued or rejected. The batch is
visible from its first rows on. A row that is not a valid install request is rejected and stops nothing: see the results.

An upload that is cut off leaves its batch open for an hour: the same file again, with the same \`name\`, \`canary\` and
\`haltAt\`, continues it. A file sent again after it was read completely is a new batch, whose rows are attached to the
existing installs.`;

const querySchema = z.strictObject({
  name: importNameSchema.default("upload").meta({ description: "Name of the batch." }),
  dryRun: flagSchema("Validates every row, reports what would happen to it, and enqueues nothing."),
  canary: canarySchema.optional().meta({
    description: "Number of installs that run first; the others run once these have ended within `haltAt`.",
  }),
  haltAt: haltAtSchema.optional().meta({
    description:
      "The batch pauses by itself when more of its ended installs than this have failed, percent, `20` or `20%`. Default: 20 with a canary, else never.",
  }),
  ignoreUnknownColumns: flagSchema("Reads a file although it has unknown columns."),
  ...readingQuery,
});

/** What the content type parsers return. */
const bodySchema = z.object({ format: z.enum(["csv", "ndjson", "xlsx"]), stream: z.instanceof(Readable) });

const lengthSchema = z.coerce.number().int().optional().catch(undefined);

/** A connection that sends nothing for this long is closed. */
const idleMs = 60_000;

const location = { Location: { type: "string", description: "Address of the batch." } } as const;

export interface CreateBatchDeps extends ImportUploadDeps {
  readonly producer: Pick<Producer, "forecastRows">;
  readonly log: Logger;
}

type RouteDeps = CreateBatchDeps & { readonly streaming: StreamingRequests };

/** `POST /v1/batches`. Registered in a scope of its own, because no other route takes such bodies and this one takes no JSON. */
export const addCreateBatch = async (server: FastifyInstance, deps: RouteDeps): Promise<void> => {
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("text/csv", async (_: unknown, stream: Readable) => ({
      format: "csv",
      stream,
    }));
    scope.addContentTypeParser("application/x-ndjson", async (_: unknown, stream: Readable) => ({
      format: "ndjson",
      stream,
    }));
    scope.addContentTypeParser(workbookType, async (_: unknown, stream: Readable) => ({
      format: "xlsx",
      stream,
    }));
    addRoute(scope, deps);
  });
};

const addRoute = (server: FastifyInstance, deps: RouteDeps): void => {
  server.withTypeProvider<ZodTypeProvider>().post(
    "/v1/batches",
    {
      config: { scope: "write", reach: "workspaces", streamsBody: true },
      schema: {
        operationId: "createBatch",
        tags: ["batches"],
        summary: "Install the numbers of a file",
        description,
        querystring: querySchema,
        headers: readingHeaders,
        textBodies: uploadExamples,
        response: {
          202: answer(batchSchema, "Every row is enqueued or rejected.", location),
          ...streamed,
          ...problems(408, 409, 429),
        },
      },
    },
    async (request, reply) => {
      const { name, dryRun, canary, ignoreUnknownColumns } = request.query;
      const { format, stream } = bodyOf(request.body);
      const reading = readingOf(request.query, request.headers);
      const contentLength = lengthSchema.parse(request.headers["content-length"]);
      request.raw.setTimeout(idleMs);
      deps.streaming.uploads.acquire(reply);
      const signal = deps.streaming.abortSignalFor(reply);
      const upload = await openUpload(stream, {
        ...{ format, ignoreUnknownColumns, ...reading, contentLength, signal },
      });
      const caller = callerOf(request);
      if (dryRun) return sendDryRun(deps, reply, { upload, caller });
      try {
        const haltAt = haltAtOf(request.query);
        const batch = await importUpload(deps, upload, { name, canary, haltAt, caller });
        const { id: batchId, rows, accepted, attached, rejected, status } = batch;
        const counts = { rows, accepted, attached, rejected };
        deps.log.info({ requestId: request.id, batchId, status, ...counts }, "batch queued");
        return reply.code(202).header("location", `/v1/batches/${batch.id}`).send(batch);
      } finally {
        upload.close();
      }
    },
  );
};

/** Documented separately, because a stream is not of the answer's type. */
const streamed: object = {
  200: answer(
    dryRunSchema,
    "A dry run: what would happen to the rows. A long report is sent while the file is read.",
  ),
};

/** @throws {ProblemError} 415: without a content type there is no body. */
const bodyOf = (body: unknown) => {
  const parsed = bodySchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ProblemError({
    status: 415,
    code: "unsupported_media_type",
    detail:
      "Send a file as the body, with the content-type text/csv, application/x-ndjson or that of an .xlsx workbook.",
  });
};

const sendDryRun = (
  { producer, allowsHttp, log }: RouteDeps,
  reply: FastifyReply,
  { upload, caller }: { readonly upload: Upload; readonly caller: Caller },
): Promise<FastifyReply> => {
  async function* report(): AsyncGenerator<string> {
    try {
      const rows = onlyReachableRows(onlyHttpsRows(upload.rows, { allowsHttp }), caller);
      const isAlone = caller.workspaces !== undefined;
      yield* dryRunText(producer.forecastRows(rows, { isAlone }), upload);
    } finally {
      upload.close();
    }
  }
  return sendText(reply, report(), { headers: { "content-type": "application/json; charset=utf-8" }, log });
};

const { metadata, ...row } = installExamples.token.value;
const cells = Object.values(row);

/** Example files that can be sent as they are, by content type. */
const uploadExamples = {
  "text/csv": {
    description:
      "UTF-8, a header that names the columns in any order, separated by commas, semicolons, tabs or `|`. The columns are the members of an install request.",
    examples: [
      `${Object.keys(row).join()}\n${cells.join()}\n`,
      `${Object.keys(row).join(";")}\n${cells.join(";")}\n`,
    ],
  },
  "application/x-ndjson": {
    description: "UTF-8, one JSON object a line with the members of an install request.",
    examples: [`${JSON.stringify(row)}\n`, `${JSON.stringify({ ...row, metadata })}\n`],
  },
} as const;
