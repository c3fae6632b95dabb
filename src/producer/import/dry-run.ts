import type { InputIssue } from "../../install/errors/input-error.ts";
import type { NumberMismatchError } from "../../install/number-mismatch.ts";
import type { InstallRequest } from "../../install/request.ts";
import type { EnqueuePreview, PreviewEnqueue } from "../../queue/actions/preview.ts";
import type { EstimateFinish, FinishEstimate } from "../../queue/maintenance/finish-estimate.ts";
import { inGroups } from "../../redis/in-groups.ts";
import { inputColumns } from "../put/columns.ts";
import { groupSize, type InputRow, validateRow } from "../put/enqueue-rows.ts";
import type { RowErrorCode } from "../put/enqueued.ts";
import { type CheckRow, checkInOrder, type RowCheck } from "./check-rows.ts";
import { createSeenNumbers } from "./seen-numbers.ts";

/** One row of a dry run: what an import would do with it, or everything that is wrong with it. */
type DryRunRow =
  | {
      readonly row: number;
      readonly line?: number | undefined;
      readonly outlook: EnqueuePreview;
      /** What Meta shows that ends nothing yet. */
      readonly warnings?: readonly InputIssue[];
    }
  | {
      readonly row: number;
      /** Line of the file on which it begins. */
      readonly line?: number | undefined;
      readonly errors: readonly InputIssue[];
      /** What was read of it, as text, without secrets. */
      readonly input: Readonly<Record<string, string>>;
      readonly code?: RowErrorCode;
    };

/** What an import would do: every row is one of created, attached, installed, blocked and rejected. */
export interface DryRunSummary extends Readonly<Record<EnqueuePreview, number>>, FinishEstimate {
  readonly rows: number;
  /** All but the rejected ones. */
  readonly valid: number;
  readonly rejected: number;
  /** Of rows that would be created, with a check at Meta. */
  readonly meta?: MetaCounts | undefined;
}

interface MetaCounts {
  readonly checked: number;
  /** Rows for which Meta shows an error: they are among the rejected. */
  readonly found: number;
  readonly warned: number;
  /** Rows for which Meta gave no answer. */
  readonly unchecked: number;
  /** Why, for the last of them. */
  readonly reason?: string | undefined;
}

/** A running dry run. */
export interface DryRun {
  /** One result a row, in order. */
  readonly rows: AsyncGenerator<DryRunRow, void, undefined>;
  /** Counts the rows that have been read. */
  summary(): Promise<DryRunSummary>;
}

/**
 * Validates rows with the code of an import, and enqueues nothing. A number that is in the file twice counts as
 * attached to its first row. With `checkRow`, what Meta shows of a number that would be created is an error of its row. Needs 20 to 30 bytes a row to know a number again: see `seen-numbers.ts`.
 */
export const dryRunRows = (
  deps: { readonly preview: PreviewEnqueue; readonly estimateFinish: EstimateFinish },
  rows: AsyncIterable<InputRow> | Iterable<InputRow>,
  options: { readonly isAlone?: boolean | undefined; readonly checkRow?: CheckRow | undefined } = {},
): DryRun => {
  const { checkRow } = options;
  const meta = { checked: 0, found: 0, warned: 0, unchecked: 0, reason: "" };
  const seen = createSeenNumbers();
  const counts = { rows: 0, valid: 0, created: 0, attached: 0, installed: 0, blocked: 0, rejected: 0 };
  const newOnes = new Map<string, number>();

  /** What becomes of a valid row: also of one that repeats an earlier row's number, or contradicts it. */
  const resultOf = (
    { row, request }: { readonly row: number; readonly request: InstallRequest },
    previewed: EnqueuePreview | NumberMismatchError,
  ): EnqueuePreview | readonly InputIssue[] => {
    if (typeof previewed !== "string") return previewed.issues;
    const first = seen.firstOf(request, row);
    if (first === undefined) return previewed;
    if (!first.isSameNumber) return [otherRow(first.row)];
    return previewed === "installed" ? previewed : "attached";
  };

  const count = (request: InstallRequest, outlook: EnqueuePreview): void => {
    counts.valid += 1;
    counts[outlook] += 1;
    if (outlook === "created") newOnes.set(request.workspaceId, (newOnes.get(request.workspaceId) ?? 0) + 1);
  };

  type Validated = ReturnType<typeof validateRow>;
  interface Judged {
    readonly row: Validated;
    /** Undefined for a row that breaks its schema. */
    readonly result?: EnqueuePreview | readonly InputIssue[];
    readonly check?: RowCheck | undefined;
  }

  /** Asks Meta about a row that would be created: for the others there is no create to spare. */
  const ask = async (judged: Judged): Promise<Judged> => {
    const { row, result } = judged;
    const isNew = result === "created" || result === "blocked";
    if (checkRow === undefined || !isNew || !("request" in row)) return judged;
    return { ...judged, check: await checkRow(row.request) };
  };

  const countCheck = ({ errors, warnings, unasked }: RowCheck): void => {
    if (unasked === undefined) meta.checked += 1;
    else meta.unchecked += 1;
    if (errors.length > 0) meta.found += 1;
    if (warnings.length > 0) meta.warned += 1;
    meta.reason = unasked ?? meta.reason;
  };

  const told = ({ row, result, check }: Judged): DryRunRow => {
    counts.rows += 1;
    const place = { row: row.row, line: row.line };
    if ("errors" in row) {
      counts.rejected += 1;
      return { ...place, errors: row.errors, input: inputColumns(row.input) };
    }
    if (check !== undefined) countCheck(check);
    const isMismatch = typeof result === "object";
    const errors = isMismatch ? result : (check?.errors ?? []);
    if (errors.length > 0) {
      counts.rejected += 1;
      const input = inputColumns(row.request);
      return { ...place, errors, input, ...(isMismatch && { code: "number_mismatch" }) };
    }
    const outlook = typeof result === "string" ? result : "created";
    count(row.request, outlook);
    const warnings = check?.warnings ?? [];
    return { ...place, outlook, ...(warnings.length > 0 && { warnings }) };
  };

  async function* run(): AsyncGenerator<DryRunRow, void, undefined> {
    for await (const group of inGroups(rows, groupSize)) {
      const validated = group.map(validateRow);
      const requests = validated.flatMap((row) => ("request" in row ? [row.request] : []));
      const previews = (await deps.preview(requests)).values();
      const judged = validated.map(
        (row): Judged =>
          "errors" in row ? { row } : { row, result: resultOf(row, previews.next().value ?? "created") },
      );
      for await (const row of checkInOrder(judged, ask)) yield told(row);
    }
  }
  return {
    rows: run(),
    summary: async () => {
      const { reason, ...checks } = meta;
      return {
        ...counts,
        ...(checkRow !== undefined && { meta: { ...checks, ...(reason !== "" && { reason }) } }),
        ...(await deps.estimateFinish(newOnes, options)),
      };
    },
  };
};

const otherRow = (row: number): InputIssue => ({
  path: "/phoneId",
  message: `stands in row ${row} with another phoneNumber or wabaId`,
});
