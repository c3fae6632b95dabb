import { BatchNotFoundError } from "../../install/errors/errors.ts";
import { readSearchText } from "../../install/values/search-text.ts";
import {
  type BatchRowView,
  isRowCursor,
  pageOfRows,
  type RowPageDeps,
  type RowStatus,
  rowWalkMax,
} from "../../producer/results/row-page.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import { ageOf } from "../terminal/age.ts";
import { exitCode, type Io, printNote } from "../terminal/io.ts";
import { isPage, printPage } from "../terminal/page.ts";
import { paintStatus } from "../terminal/paint-status.ts";
import { fittingTable } from "../terminal/plain-table.ts";
import { shortIds } from "../terminal/short-ids.ts";
import { readCode } from "./choose.ts";
import { onBatch } from "./read.ts";

export interface BatchRowsArgs {
  readonly id: string;
  /** A row has any of these. */
  readonly status?: readonly RowStatus[] | undefined;
  readonly code?: string | undefined;
  /** An id, a number, or a part of a name, id, number or metadata value. */
  readonly search?: string | undefined;
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly json: boolean;
}

interface BatchRowsDeps {
  readonly io: Io;
  readonly producer: RowPageDeps & { readonly batches: Pick<Batches, "find"> };
  readonly now?: () => number;
}

/** `perch batch --rows`: the rows of a batch in input order, one page, as `GET /v1/batches/{id}/rows` has them. */
export const batchRowsCommand = async (
  { io, producer, now = Date.now }: BatchRowsDeps,
  args: BatchRowsArgs,
): Promise<number> => {
  if (!isPage(io, args, isRowCursor)) return exitCode.wrongUsage;
  const filter = readFilter(args);
  if (typeof filter === "string") {
    printNote(io, filter);
    return exitCode.wrongUsage;
  }
  const { limit, cursor: text, json } = args;
  return onBatch(io, args.id, async (id) => {
    if ((await producer.batches.find(id)) === undefined) throw new BatchNotFoundError(id);
    const cursor = text === undefined ? undefined : Number(text);
    const { items, nextCursor: next } = await pageOfRows(producer, id, { ...filter, limit, cursor });
    const hasStopped = next !== undefined && items.length < limit;
    return printPage(
      io,
      { items, nextCursor: next?.toString() },
      {
        isJson: json,
        table: (rows) => rowsTable(io, rows, now()),
        none: next === undefined ? "No rows." : "No rows on this page.",
        note: hasStopped
          ? `The search stopped after ${rowWalkMax} rows: others may fit further on.`
          : undefined,
      },
    );
  });
};

/** @returns the filter, or what is wrong with it in one sentence. */
const readFilter = ({ status, code, search }: BatchRowsArgs) => {
  const byCode = readCode({ code });
  if (typeof byCode === "string") return byCode;
  if (search?.trim() === "") return "--search must not be empty.";
  return { status, ...byCode, search: search === undefined ? undefined : readSearchText(search.trim()) };
};

const rowsTable = (io: Io, rows: readonly BatchRowView[], nowMs: number): string => {
  const short = shortIds(rows.flatMap(({ installId }) => installId ?? []));
  return fittingTable(rows, [
    { title: "row", max: 9, of: ({ row }) => row },
    { title: "number", max: 16, of: ({ phoneNumber }) => phoneNumber },
    { title: "name", max: 24, of: ({ name }) => name },
    {
      title: "status",
      max: 10,
      paint: paintStatus(io),
      of: ({ status, installStatus }) => (status === "pending" ? (installStatus ?? status) : status),
    },
    { title: "install", max: 26, of: ({ installId }) => installId && short(installId) },
    { title: "age", max: 5, of: ({ updatedAt }) => updatedAt && ageOf(updatedAt, nowMs) },
    { title: "code", max: 32, of: ({ errorCode }) => errorCode },
    { title: "message", max: 80, of: ({ errorMessage }) => errorMessage },
  ]);
};
