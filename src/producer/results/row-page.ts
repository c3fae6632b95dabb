import { z } from "zod";
import { actors } from "../../install/errors/catalogue-entry.ts";
import { type ErrorCode, errorCatalogue } from "../../install/errors/error-catalogue.ts";
import { errorCodes } from "../../install/errors/install-error.ts";
import { type Install, installStatuses, isEnded } from "../../install/install.ts";
import type { SearchText } from "../../install/values/search-text.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { RowState } from "../../queue/batches/row-walk.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { type ResultRow, viewRows } from "./rows.ts";

/** What a row of a batch can be asked for by: its status, and what `pending` is made of. */
export const rowStatuses = [
  "completed",
  "failed",
  "rejected",
  "cancelled",
  "pending",
  "queued",
  "awaiting",
] as const;

export type RowStatus = (typeof rowStatuses)[number];

/** The result of a row in a page of them: as in a results file, with what a table shows of its install. */
export const batchRowSchema = z
  .object({
    row: z.int().meta({ description: "From 1, the first after the header." }),
    line: z.int().optional().meta({ description: "Line of the input file on which the row begins." }),
    status: z.enum(["completed", "failed", "rejected", "cancelled", "pending"]),
    installStatus: z.enum(installStatuses).optional().meta({ description: "Status of its install." }),
    isAttached: z.boolean().optional().meta({ description: "True: it joined an install the number had." }),
    name: z.string().optional(),
    phoneNumber: z.string().optional().meta({ description: "E.164; of a rejected row as it was written." }),
    workspaceId: z.string().optional(),
    installId: z.string().optional(),
    connectorId: z.string().optional(),
    channelId: z.string().optional(),
    errorCode: z.enum(errorCodes).optional(),
    errorMessage: z.string().optional(),
    actor: z.enum(actors).optional().meta({ description: "Who has to act about the error." }),
    action: z.string().optional().meta({ description: "What to do next." }),
    birdMessage: z.string().optional().meta({ description: "What Bird said, in its own words." }),
    updatedAt: z.string().optional().meta({ description: "When its install last changed. ISO 8601, UTC." }),
  })
  .meta({ id: "BatchRow", description: "A row of a batch and its result." });

export type BatchRowView = Readonly<z.infer<typeof batchRowSchema>>;

/** Which rows of a batch a page holds: those that match all members. */
export interface RowPageFilter {
  readonly status?: readonly RowStatus[] | undefined;
  readonly errorCode?: ErrorCode | undefined;
  /** The number of a fault of rejected rows. */
  readonly fault?: number | undefined;
  readonly search?: SearchText | undefined;
}

/** Most rows a page reads, however few of them fit. */
export const rowWalkMax = 2000;
/** Rows read at a time. */
const groupSize = 200;

const statesOf = {
  pending: ["queued", "awaiting"],
  queued: ["queued"],
  awaiting: ["awaiting"],
  completed: ["completed"],
  failed: ["failed"],
  cancelled: ["cancelled"],
  rejected: ["rejected"],
} as const satisfies Record<RowStatus, readonly RowState[]>;

/** Whether a text is a cursor of such a page: the number of a row. */
export const isRowCursor = (text: string): boolean => /^\d{1,9}$/.test(text);

export interface RowPageDeps {
  readonly batches: Pick<Batches, "walkRows" | "readRows" | "withInput">;
  readonly installs: Pick<Installs, "findMany" | "lookUp">;
}

/**
 * A page of the rows of a batch that fit a filter, in input order. Rows are found by the batch's bitmaps; by a text each row is
 * read, unless the text is a whole id or number: then its installs are looked up, and only rows without an install of
 * their own are read.
 *
 * @param options.cursor The row to go on after.
 * @returns `nextCursor`, undefined at the end. A page may hold fewer rows than `limit` and still go on.
 */
export const pageOfRows = async (
  deps: RowPageDeps,
  batchId: string,
  options: RowPageFilter & { readonly limit: number; readonly cursor?: number | undefined },
): Promise<{ readonly items: readonly BatchRowView[]; readonly nextCursor: number | undefined }> => {
  const { status, errorCode: code, fault, search, limit, cursor } = options;
  const states = status && [...new Set(status.flatMap((each) => statesOf[each]))];
  const own = search && (await ownRows(deps, batchId, search));
  const items: BatchRowView[] = [];
  let walked = 0;
  for await (const rows of deps.batches.walkRows(batchId, { states, code, fault, own }, cursor)) {
    for (let first = 0; first < rows.length; first += groupSize) {
      const group = rows.slice(first, first + groupSize);
      for (const row of await readGroup(deps, batchId, group, options)) {
        items.push(row);
        if (items.length === limit) return { items, nextCursor: row.row };
      }
      walked += group.length;
      if (walked >= rowWalkMax) return { items, nextCursor: group.at(-1) };
    }
  }
  return { items, nextCursor: undefined };
};

/** Rows of this batch whose own install is what a whole id or number names; undefined: the text names none of them. */
const ownRows = async (
  { installs }: RowPageDeps,
  batchId: string,
  search: SearchText,
): Promise<readonly number[] | undefined> => {
  const found = await installs.findMany(await installs.lookUp(search));
  const rows = found.flatMap((install) => (install?.batchId === batchId ? (install.row ?? []) : []));
  return rows.length === 0 ? undefined : rows;
};

const readGroup = async (
  deps: RowPageDeps,
  batchId: string,
  rows: readonly number[],
  { status, errorCode, search }: RowPageFilter,
): Promise<readonly BatchRowView[]> => {
  const read = await deps.batches.withInput(batchId, await deps.batches.readRows(batchId, rows));
  const attached = new Set(
    read.flatMap(({ row, record }) => ("installId" in record && record.attached ? [row] : [])),
  );
  const viewed = await viewRows(deps, batchId, read);
  return viewed.flatMap(({ result, install }) => {
    const fits =
      (status === undefined || status.some((each) => hasStatus(each, result, install))) &&
      (errorCode === undefined || result.errorCode === errorCode) &&
      (search === undefined || search.isIn(textsOf(result, install)));
    return fits ? [viewRow(result, install, attached.has(result.row))] : [];
  });
};

const hasStatus = (status: RowStatus, result: ResultRow, install: Install | undefined): boolean => {
  if (status !== "queued" && status !== "awaiting") return result.status === status;
  if (install === undefined || isEnded(install.status)) return false;
  return (status === "awaiting") === (install.connectorId !== undefined);
};

const textsOf = ({ input, ...result }: ResultRow, install: Install | undefined): readonly string[] =>
  [
    ...["name", "phoneNumber", "workspaceId", "phoneId", "wabaId"].map((member) => input[member]),
    ...[result.installId, result.connectorId, result.channelId],
    ...Object.values(install?.metadata ?? {}),
  ].filter((text) => typeof text === "string");

const viewRow = (
  { input, errorCode, ...result }: ResultRow,
  install: Install | undefined,
  isAttached: boolean,
): BatchRowView => {
  const code = errorCodes.find((each) => each === errorCode);
  const text = (member: string): string | undefined => {
    const value = input[member];
    return typeof value === "string" ? value : undefined;
  };
  return {
    ...result,
    installStatus: install?.status,
    ...(isAttached && { isAttached }),
    name: text("name"),
    phoneNumber: text("phoneNumber"),
    workspaceId: text("workspaceId"),
    errorCode: code,
    actor: code && errorCatalogue[code].actor,
    updatedAt: install?.updatedAt,
  };
};
