import { Readable } from "node:stream";
import type { MultipartFile } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { ProblemError } from "../../http/problem.ts";
import { parseInput } from "../../install/errors/input-error.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { ImportFileError } from "../../producer/read/errors.ts";
import { detectFormat, type ImportFormat } from "../../producer/read/format.ts";
import { flagSchema } from "../server/parameters.ts";
import { readingQuery, workbookType } from "./reading.ts";

/** Content type of a form with a file. */
export const formType = "multipart/form-data";

/** Limits of the form beside its file. */
export const formLimits = {
  fieldNameSize: 100,
  fieldSize: 262_144,
  fields: 250,
  files: 1,
  headerPairs: 20,
  // Files have no limit.
  fileSize: Number.POSITIVE_INFINITY,
} as const;

/** Fields that are read; the parser stops a little later, at a moment that depends on how the bytes come. */
const fieldsMax = 200;

/** Characters of all fields together. */
const fieldsCharactersMax = 262_144;

/** The fields come before the file, and take no longer than this. */
const fieldsMs = 30_000;

const valueSchema = z
  .union([z.string().max(8192), z.number(), z.boolean()], "must be a text, a number, true or false")
  .transform(String);

const defaultsSchema = z
  .string("must be given once")
  .transform((json) => jsonOrUndefined(json) ?? null)
  .pipe(z.record(z.string(), valueSchema, "must be one JSON object with a text for each column"));

const editSchema = z.strictObject({ row: z.int().min(1), values: z.record(z.string(), valueSchema) });

const editsSchema = z
  .string("must be given once")
  .transform((json) => jsonOrUndefined(json) ?? null)
  .pipe(z.array(editSchema, 'must be a JSON list of {"row": 7, "values": {"phoneNumber": "…"}}').max(5000));

const once = { message: "must be given once" } as const;

/** The fields of a form: how its file is read, and values for all rows. */
export const fieldsSchema = z.strictObject({
  ...readingQuery,
  ignoreUnknownColumns: flagSchema("Reads a file although it has unknown columns."),
  accessToken: z.string(once).max(8192).optional().meta({
    description: "Token of rows that have none; never shown or logged.",
  }),
  defaults: defaultsSchema.optional().meta({
    description: "Values of empty cells and missing columns, as a JSON object; may hold secrets.",
  }),
  edits: editsSchema.optional().meta({
    description: "Values that take the place of cells, as a JSON list; may hold secrets.",
  }),
});

export type FormFields = z.output<typeof fieldsSchema>;

const text = (description: string) => ({ type: "string", description }) as const;
const texts = (description: string) => ({ type: "array", items: { type: "string" }, description }) as const;

/** The form as the document describes it: each field is a text, and a repeated one a list of texts. */
export const formSchema = {
  type: "object",
  required: ["file"],
  properties: {
    encoding: text(
      "`utf-8`, `windows-1252`, `iso-8859-1`, `utf-16le` or `utf-16be`; default: its byte order mark, else UTF-8.",
    ),
    sheet: text("Sheet of a workbook. Default: the first that is not hidden."),
    map: texts("`Their column=ours`: a column of another name holds this member. May be repeated."),
    set: texts(
      "`column=value`: for all rows whose cell is empty or absent. May be repeated; takes no secret.",
    ),
    defaults: text("A JSON object of such values by column; may hold secrets, which are never shown."),
    edits: text(
      'A JSON list of rows with values that take the place of their cells: `[{"row": 7, "values": {"phoneNumber": "+1 415 555 0123"}}]`. An empty text empties a cell.',
    ),
    workspace: text("Workspace of rows that name none."),
    accessToken: { ...text("Token of rows that have none; never shown."), writeOnly: true },
    ignoreUnknownColumns: { type: "string", enum: ["true", "false"], description: "Skips unknown columns." },
    file: {
      type: "string",
      format: "binary",
      description: "The file, after all other fields. Its name says its format: .csv, .ndjson, .xlsx.",
    },
  },
} as const;

/** A form whose fields have been read, and whose file follows. */
interface UploadForm {
  readonly fields: FormFields;
  /** By the file's name or type; undefined: its first bytes show it. */
  readonly format: ImportFormat | undefined;
  readonly stream: Readable;
}

/**
 * Reads the fields of a form up to its file.
 *
 * @throws {ProblemError} 400 for a form that cannot be read, 422 for one without a file.
 * @throws {InputError} a field is unknown, wrong or there twice.
 */
export const readForm = async (request: FastifyRequest): Promise<UploadForm> => {
  const timer = setTimeout(() => request.raw.destroy(), fieldsMs).unref();
  const parts = request.parts({ limits: formLimits });
  const texts = new Map<string, string[]>();
  let [count, characters] = [0, 0];
  try {
    for (;;) {
      const { value: part } = await parts.next().catch(refuseForm);
      if (part === undefined) throw new ProblemError(noFileProblem);
      if (part.type === "file") return formOf(part, texts, parts);
      count += 1;
      if (count > fieldsMax) return refuseForm();
      if (part.valueTruncated === true || typeof part.value !== "string") return refuseForm();
      characters += part.value.length;
      if (characters > fieldsCharactersMax) return refuseForm();
      texts.set(part.fieldname, [...(texts.get(part.fieldname) ?? []), part.value]);
    }
  } catch (error) {
    // Otherwise the client never gets to read the answer.
    request.raw.unpipe().resume();
    throw error;
  } finally {
    clearTimeout(timer);
  }
};

const wrongForm = { status: 400, code: "bad_request" } as const;

const noFileProblem = {
  status: 422,
  code: "invalid_request",
  detail: "The form has no file: put it into the field file, after all other fields.",
  errors: [{ path: "/file", message: "is missing" }],
} as const;

/** The library's own message may quote the form. */
const refuseForm = (cause?: unknown): never => {
  const detail = `The form cannot be read: check its boundary, and send at most ${fieldsMax} fields of text before the file, of 256 KiB together.`;
  throw Object.assign(new ProblemError({ ...wrongForm, detail }), { cause });
};

type Parts = ReturnType<FastifyRequest["parts"]>;

const formOf = (
  part: MultipartFile,
  texts: ReadonlyMap<string, readonly string[]>,
  parts: Parts,
): UploadForm => {
  const fields = parseInput(
    fieldsSchema,
    Object.fromEntries([...texts].map(([name, values]) => [name, values.length === 1 ? values[0] : values])),
  );
  return {
    fields,
    format: detectFormat(part.filename) ?? formatsByType.get(part.mimetype),
    stream: Readable.from(fileBytes(part, parts), { objectMode: false }),
  };
};

const formatsByType = new Map<string, ImportFormat>([
  ["text/csv", "csv"],
  ["application/x-ndjson", "ndjson"],
  [workbookType, "xlsx"],
]);

/** The file's bytes. @throws {ImportFileError} when the form goes on after it: those fields would count for nothing. */
async function* fileBytes({ file }: MultipartFile, parts: Parts): AsyncGenerator<Uint8Array> {
  yield* file;
  const next = await parts.next().catch((cause: unknown) => {
    const isSecondFile = cause instanceof Error && "code" in cause && cause.code === "FST_FILES_LIMIT";
    throw new ImportFileError(
      isSecondFile ? goesOn : "The form cannot be read: a field of it has a name that is not taken.",
      {
        cause,
        refusesAll: true,
      },
    );
  });
  if (next.done !== true) throw new ImportFileError(goesOn, { refusesAll: true });
}

const goesOn = "The form goes on after the file: put the file last, and send one file.";
