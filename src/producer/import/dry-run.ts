import { hash } from "node:crypto";
import type { InputIssue } from "../../install/input-error.ts";
import type { NumberMismatchError } from "../../install/number-mismatch.ts";
import type { InstallRequest } from "../../install/request.ts";
import type { EnqueuePreview, PreviewEnqueue } from "../../queue/actions/preview.ts";
import type { EstimateFinish, FinishEstimate } from "../../queue/maintenance/finish-estimate.ts";
import { inGroups } from "../../redis/in-groups.ts";
import { groupSize, type InputRow, validateRow } from "../put/enqueue-rows.ts";
import type { RowErrorCode } from "../put/enqueued.ts";
import { createDigestSet } from "./digest-set.ts";

/** One row of a dry run: what an import would do with it, or everything that is wrong with it. */
type DryRunRow =
  | { readonly row: number; readonly outlook: EnqueuePreview }
  | {
      readonly row: number;
      /** Line of the file on which it begins. */
      readonly line?: number | undefined;
      readonly errors: readonly InputIssue[];
      readonly code?: RowErrorCode;
    };

/** What an import would do: every row is one of created, attached, installed, blocked and rejected. */
export interface DryRunSummary extends Readonly<Record<EnqueuePreview, number>>, FinishEstimate {
  readonly rows: number;
  /** All but the rejected ones. */
  readonly valid: number;
  readonly rejected: number;
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
 * attached to its first row. Needs about 40 bytes a row, because it keeps six bytes of two digests of each number.
 */
export const dryRunRows = (
  deps: { readonly preview: PreviewEnqueue; readonly estimateFinish: EstimateFinish },
  rows: AsyncIterable<InputRow> | Iterable<InputRow>,
  options: { readonly isAlone?: boolean | undefined } = {},
): DryRun => {
  const seen = createDigestSet();
  const seenNumbers = createDigestSet();
  const counts = { rows: 0, valid: 0, created: 0, attached: 0, installed: 0, blocked: 0, rejected: 0 };
  const newOnes = new Map<string, number>();

  /** What becomes of a valid row: also of one that repeats an earlier row's number, or contradicts it. */
  const resultOf = (
    request: InstallRequest,
    previewed: EnqueuePreview | NumberMismatchError,
  ): EnqueuePreview | readonly InputIssue[] => {
    if (typeof previewed !== "string") return previewed.issues;
    const phoneId = digestOf(request);
    const number = digestOf(request, request.phoneNumber, request.wabaId);
    const isRepeat = seen.has(phoneId);
    if (isRepeat && !seenNumbers.has(number)) return [otherRow];
    seen.add(phoneId);
    seenNumbers.add(number);
    return isRepeat && previewed !== "installed" ? "attached" : previewed;
  };

  const count = (request: InstallRequest, outlook: EnqueuePreview): void => {
    counts.valid += 1;
    counts[outlook] += 1;
    if (outlook === "created") newOnes.set(request.workspaceId, (newOnes.get(request.workspaceId) ?? 0) + 1);
  };

  async function* run(): AsyncGenerator<DryRunRow, void, undefined> {
    for await (const group of inGroups(rows, groupSize)) {
      const validated = group.map(validateRow);
      const requests = validated.flatMap((row) => ("request" in row ? [row.request] : []));
      const previews = (await deps.preview(requests)).values();
      for (const row of validated) {
        counts.rows += 1;
        if ("errors" in row) {
          counts.rejected += 1;
          yield { row: row.row, line: row.line, errors: row.errors };
          continue;
        }
        const result = resultOf(row.request, previews.next().value ?? "created");
        if (typeof result !== "string") {
          counts.rejected += 1;
          yield { row: row.row, line: row.line, errors: result, code: "number_mismatch" };
          continue;
        }
        count(row.request, result);
        yield { row: row.row, outlook: result };
      }
    }
  }
  return {
    rows: run(),
    summary: async () => ({ ...counts, ...(await deps.estimateFinish(newOnes, options)) }),
  };
};

const otherRow: InputIssue = {
  path: "/phoneId",
  message: "stands in an earlier row with another phoneNumber or wabaId",
};

const digestOf = ({ workspaceId, phoneId }: InstallRequest, ...more: readonly string[]): number =>
  hash("sha256", [workspaceId, phoneId, ...more].join(":"), "buffer").readUIntBE(0, 6);
