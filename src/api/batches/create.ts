import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { ProblemError } from "../../http/problem.ts";
import { batchSchema } from "../../install/batch.ts";
import { InputError } from "../../install/errors/input-error.ts";
import type { Logger } from "../../log.ts";
import type { CheckRow } from "../../producer/import/check-rows.ts";
import { canarySchema, haltAtOf, haltAtSchema, importNameSchema } from "../../producer/import/options.ts";
import type { Producer } from "../../producer/producer.ts";
import { type Caller, callerOf } from "../auth/reach.ts";
import { installExamples } from "../installs/body.ts";
import { exampleIds } from "../openapi/examples/ids.ts";
import { answer, problems } from "../server/answers.ts";
import { flagSchema } from "../server/parameters.ts";
import { sendText } from "../server/send-text.ts";
import type { StreamingRequests } from "../server/streaming.ts";
import { dryRunText } from "./dry-run.ts";
import { type FormFields, formLimits, formSchema, formType, readForm } from "./form.ts";
import { limitHeapGrowth } from "./heap-growth.ts";
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
  checkMeta: flagSchema(
    "With `dryRun`: asks Meta about each number that would be new. Needs META_APP_ID; takes as long as Meta's limits ask for.",
  ),
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
const fileSchema = z.object({ format: z.enum(["csv", "ndjson", "xlsx"]), stream: z.instanceof(Readable) });

const lengthSchema = z.coerce.number().int().optional().catch(undefined);

/** A connection that sends nothing for this long is closed. */
const idleMs = 60_000;

const location = {
  Location: {
    type: "string",
    description: "Address of the batch.",
    examples: [`/v1/batches/${exampleIds.batchId}`],
  },
} as const;

export interface CreateBatchDeps extends ImportUploadDeps {
  /** Asks Meta about a row; undefined without an app. */
  readonly checkRow?: CheckRow | undefined;
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
    await scope.register(multipart, { limits: formLimits });
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
        fileBodies: uploads,
        response: {
          202: answer(batchSchema, "Every row is enqueued or rejected.", location),
          ...streamed,
          ...problems(408, 409, 429),
        },
      },
    },
    async (request, reply) => {
      const { name, dryRun, checkMeta, canary, ignoreUnknownColumns } = request.query;
      refuseCheck(deps, { dryRun, checkMeta });
      const isNamed = request.isMultipart();
      const contentLength = lengthSchema.parse(request.headers["content-length"]);
      request.raw.setTimeout(idleMs);
      const place = await deps.streaming.uploads.take(reply);
      reply.raw.once("close", limitHeapGrowth(contentLength));
      const signal = deps.streaming.abortSignalFor(reply);
      const { format, stream, fields } = isNamed ? await readForm(request) : bodyOf(request.body);
      const upload = await openUpload(stream, {
        ...{ format, isNamed, contentLength, signal, place },
        ...readingOrDrain(request, { stream, fields }),
        ignoreUnknownColumns: ignoreUnknownColumns || fields?.ignoreUnknownColumns === true,
      });
      const caller = callerOf(request);
      if (dryRun) return sendDryRun(deps, reply, { upload, caller, checkMeta });
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
  const parsed = fileSchema.safeParse(body);
  if (parsed.success) return { ...parsed.data, fields: undefined };
  throw new ProblemError({
    status: 415,
    code: "unsupported_media_type",
    detail:
      "Send a file as the body, with the content-type text/csv, application/x-ndjson or that of an .xlsx workbook; or a form, multipart/form-data.",
  });
};

/** How the file is read. The rest of a form is discarded first when that is wrong, so that the client reads the answer. */
const readingOrDrain = (
  { query, headers }: { readonly query: z.output<typeof querySchema>; readonly headers: IncomingHttpHeaders },
  { stream, fields }: { readonly stream: Readable; readonly fields: FormFields | undefined },
) => {
  try {
    return readingOf(query, headers, fields);
  } catch (error) {
    if (fields !== undefined) stream.on("error", () => undefined).resume();
    throw error;
  }
};

/** @throws {ProblemError} Meta cannot be asked, or not here. */
const refuseCheck = (
  { checkRow }: Pick<RouteDeps, "checkRow">,
  { dryRun, checkMeta }: { readonly dryRun: boolean; readonly checkMeta: boolean },
): void => {
  if (!checkMeta || (dryRun && checkRow !== undefined)) return;
  const message = dryRun
    ? "needs META_APP_ID and META_APP_SECRET, which are not set here"
    : "belongs to dryRun=true";
  throw new InputError([{ path: "/checkMeta", message }]);
};

const sendDryRun = (
  { producer, allowsHttp, log, checkRow }: RouteDeps,
  reply: FastifyReply,
  {
    upload,
    caller,
    checkMeta,
  }: { readonly upload: Upload; readonly caller: Caller; readonly checkMeta: boolean },
): Promise<FastifyReply> => {
  async function* report(): AsyncGenerator<string> {
    try {
      const rows = onlyReachableRows(onlyHttpsRows(upload.rows, { allowsHttp }), caller);
      const isAlone = caller.workspaces !== undefined;
      yield* dryRunText(producer.forecastRows(rows, { isAlone, ...(checkMeta && { checkRow }) }), upload);
    } finally {
      upload.close();
    }
  }
  return sendText(reply, report(), { headers: { "content-type": "application/json; charset=utf-8" }, log });
};

const { metadata, ...row } = installExamples.token.value;
const cells = Object.values(row);

/** What may be uploaded, with example files that can be sent as they are. */
const uploads = {
  "text/csv": {
    description:
      "UTF-8, a header that names the columns in any order, separated by commas, semicolons, tabs or `|`. The columns are the members of an install request.",
    examples: {
      commas: {
        summary: "Separated by commas",
        value: `${Object.keys(row).join()}\n${cells.join()}\n`,
      },
      semicolons: {
        summary: "Separated by semicolons",
        value: `${Object.keys(row).join(";")}\n${cells.join(";")}\n`,
      },
    },
  },
  "application/x-ndjson": {
    description: "UTF-8, one JSON object a line with the members of an install request.",
    examples: {
      lines: { summary: "One object a line", value: `${JSON.stringify(row)}\n` },
      metadata: { summary: "With metadata", value: `${JSON.stringify({ ...row, metadata })}\n` },
    },
  },
  [workbookType]: {
    description:
      "An Excel workbook of up to 32 MiB, with the same header. The first sheet that is not hidden is read.",
    isBinary: true,
  },
  [formType]: {
    description:
      "A form of a browser: the field `file`, and before it any of the fields that say how it is read. What is to be done with it (`name`, `dryRun`, `canary`, `haltAt`) stands in the query.",
    schema: formSchema,
  },
} as const;
