import { hash } from "node:crypto";
import type { InputIssue } from "../../install/input-error.ts";
import type { InstallRequest } from "../../install/request.ts";
import type { Foresee, Outlook } from "../../queue/actions/preview.ts";
import type { FinishForecast, ForecastFinish } from "../../queue/maintenance/finish-estimate.ts";
import { inGroups } from "../../redis/in-groups.ts";
import { groupSize, type InputRow, judgeRow } from "../put/enqueue-rows.ts";
import { createDigestSet } from "./digest-set.ts";

/** One row of a dry run: what would become of it, or everything that is wrong with it. */
type ForecastRow =
  | { readonly row: number; readonly outlook: Outlook }
  | { readonly row: number; readonly errors: readonly InputIssue[] };

/** What an import would do: every row is one of created, attached, installed, blocked and rejected. */
export interface ForecastSummary extends Readonly<Record<Outlook, number>>, FinishForecast {
  readonly rows: number;
  /** All but the rejected ones. */
  readonly valid: number;
  readonly rejected: number;
}

/** A dry run under way. */
export interface Forecast {
  /** One result a row, in order. */
  readonly rows: AsyncGenerator<ForecastRow, void, undefined>;
  /** Of the rows read so far. */
  summary(): Promise<ForecastSummary>;
}

/**
 * Goes through rows as an import does, judged by the same code, and enqueues nothing. A number that stands in
 * the file twice joins its first row. Needs about 20 bytes a row: six of each number's digest are remembered.
 */
export const forecastRows = (
  deps: { readonly foresee: Foresee; readonly forecastFinish: ForecastFinish },
  rows: AsyncIterable<InputRow> | Iterable<InputRow>,
  options: { readonly isAlone?: boolean | undefined } = {},
): Forecast => {
  const seen = createDigestSet();
  const counts = { rows: 0, valid: 0, created: 0, attached: 0, installed: 0, blocked: 0, rejected: 0 };
  const newOnes = new Map<string, number>();

  const outlookOf = (request: InstallRequest, outlook: Outlook): Outlook => {
    const isRepeat = !seen.add(digestOf(request));
    return isRepeat && outlook !== "installed" ? "attached" : outlook;
  };

  const count = (request: InstallRequest, outlook: Outlook): void => {
    counts.valid += 1;
    counts[outlook] += 1;
    if (outlook === "created") newOnes.set(request.workspaceId, (newOnes.get(request.workspaceId) ?? 0) + 1);
  };

  async function* run(): AsyncGenerator<ForecastRow, void, undefined> {
    for await (const group of inGroups(rows, groupSize)) {
      const judged = group.map(judgeRow);
      const requests = judged.flatMap((row) => ("request" in row ? [row.request] : []));
      const outlooks = (await deps.foresee(requests)).values();
      for (const row of judged) {
        counts.rows += 1;
        if ("errors" in row) {
          counts.rejected += 1;
          yield { row: row.row, errors: row.errors };
          continue;
        }
        const outlook = outlookOf(row.request, outlooks.next().value ?? "created");
        count(row.request, outlook);
        yield { row: row.row, outlook };
      }
    }
  }
  return {
    rows: run(),
    summary: async () => ({ ...counts, ...(await deps.forecastFinish(newOnes, options)) }),
  };
};

const digestOf = ({ workspaceId, phoneId }: InstallRequest): number =>
  hash("sha256", `${workspaceId}:${phoneId}`, "buffer").readUIntBE(0, 6);
