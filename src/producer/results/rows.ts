import { errorCatalogue } from "../../install/errors/error-catalogue.ts";
import { InputError } from "../../install/errors/input-error.ts";
import { type Install, isEnded } from "../../install/install.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { BatchRow } from "../../queue/batches/rows.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { inGroups } from "../../redis/in-groups.ts";
import { publicMembers, type resultColumns } from "../put/columns.ts";
import { rowInput } from "../read/csv-cells.ts";

/** The result of one row of a batch; its members are the columns of a results file. Holds no secret. */
export interface ResultRow extends Readonly<Partial<Record<(typeof resultColumns)[number], unknown>>> {
  readonly row: number;
  readonly status: "completed" | "failed" | "rejected" | "cancelled" | "pending";
  readonly installId?: string | undefined;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly errorCode?: string | undefined;
  readonly errorMessage?: string | undefined;
  /** What to do next about the error. */
  readonly action?: string | undefined;
  /** What Bird said, in its own words. */
  readonly birdMessage?: string | undefined;
  /** Line of the input file on which the row begins. */
  readonly line?: number | undefined;
  /** The row's input: normalised if it was accepted, otherwise as far as it could be read. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** Where results are read from; a producer has both. */
export interface ResultsDeps {
  readonly batches: Pick<Batches, "rows">;
  readonly installs: Pick<Installs, "findMany">;
}

const groupSize = 250;

/** Yields the current result of every recorded row of the batch, in row order and constant memory. */
export async function* resultRows(deps: ResultsDeps, batchId: string): AsyncGenerator<ResultRow> {
  for await (const group of inGroups(deps.batches.rows(batchId), groupSize))
    yield* (await viewRows(deps, batchId, group)).map(({ result }) => result);
}

/** The current results of recorded rows, each with its install if that is still kept. */
export const viewRows = async (
  { installs }: Pick<ResultsDeps, "installs">,
  batchId: string,
  rows: readonly BatchRow[],
): Promise<readonly { readonly result: ResultRow; readonly install: Install | undefined }[]> => {
  const ids = rows.flatMap(({ record }) => ("installId" in record ? [record.installId] : []));
  const found = await installs.findMany(ids);
  const byId = new Map(found.flatMap((install) => (install === undefined ? [] : [[install.id, install]])));
  return rows.map(({ row, record, line, own }) => {
    if ("errors" in record) return { result: { ...viewRejected(row, record), line }, install: undefined };
    const install = byId.get(record.installId);
    const seen = viewInstalled(row, record.installId, install);
    const result = { ...seen, line, ...(own && { input: rowInput(own).input }) };
    if (!record.attached || install === undefined || install.error !== undefined) return { result, install };
    return { result: { ...result, action: explainAttached(record, install, batchId) }, install };
  });
};

/** Explains a row that is attached to another install. */
const explainAttached = (
  { differs = [] }: Extract<BatchRow["record"], { installId: string }>,
  { id, row, batchId }: Install,
  ownBatchId: string,
): string => {
  const what =
    batchId === ownBatchId
      ? `Repeats row ${row}: the number is installed once.`
      : `The number had install ${id} already, to which this row is attached.`;
  return differs.length === 0
    ? what
    : `${what} They differ in ${differs.join(", ")}, and the install stays as it is.`;
};

const viewRejected = (row: number, record: Extract<BatchRow["record"], { errors: unknown }>): ResultRow => ({
  row,
  status: "rejected",
  errorCode: record.code ?? "invalid_request",
  errorMessage: new InputError(record.errors).message,
  action: errorCatalogue[record.code ?? "invalid_request"].action,
  input: rowInput(record.input).input,
});

const viewInstalled = (row: number, installId: string, install: Install | undefined): ResultRow => {
  if (install === undefined) {
    return {
      row,
      status: "failed",
      installId,
      errorMessage: "The install is no longer kept.",
      action: "Look for the number among the workspace's connectors in Bird, or import the row again.",
      input: {},
    };
  }
  return {
    row,
    status: resultStatus(install),
    installId,
    connectorId: install.connectorId,
    channelId: install.channelId,
    errorCode: install.error?.code,
    errorMessage: install.error?.message,
    action: install.error?.action,
    birdMessage: install.error?.birdMessage,
    input: inputOf(install),
  };
};

const resultStatus = ({ status }: Install): ResultRow["status"] => {
  if (!isEnded(status)) return "pending";
  if (status === "completed" || status === "cancelled") return status;
  return "failed";
};

const inputOf = (install: Install): Record<string, unknown> => {
  const values = new Map<string, unknown>(Object.entries(install));
  return Object.fromEntries(
    publicMembers
      .filter((member) => values.get(member) !== undefined)
      .map((member) => [member, values.get(member)]),
  );
};
