import { hash } from "node:crypto";
import type { InputIssue } from "../install/input-error.ts";
import type { InstallRequest } from "../install/request.ts";
import type { Foresee, Outlook } from "../queue/outlook.ts";
import { createDigestSet } from "./digest-set.ts";
import { groupsOf, type InputRow, judgeRow } from "./enqueue-rows.ts";

/** One row of a dry run: what would become of it, or everything that is wrong with it. */
export type ForecastRow =
  | { readonly row: number; readonly outlook: Outlook }
  | { readonly row: number; readonly errors: readonly InputIssue[] };

/**
 * Goes through rows as an import does, judged by the same code, and enqueues nothing. A number that stands in
 * the file twice joins its first row. Needs about 20 bytes a row: six of each number's digest are remembered.
 */
export async function* forecastRows(
  deps: { readonly foresee: Foresee },
  rows: AsyncIterable<InputRow> | Iterable<InputRow>,
): AsyncGenerator<ForecastRow, void, undefined> {
  const seen = createDigestSet();
  for await (const group of groupsOf(rows)) {
    const judged = group.map(judgeRow);
    const requests = judged.flatMap((row) => ("request" in row ? [row.request] : []));
    const outlooks = (await deps.foresee(requests)).values();
    for (const row of judged) {
      if ("errors" in row) {
        yield { row: row.row, errors: row.errors };
        continue;
      }
      const outlook = outlooks.next().value ?? "created";
      const isRepeat = !seen.add(digestOf(row.request));
      yield { row: row.row, outlook: isRepeat && outlook !== "installed" ? "attached" : outlook };
    }
  }
}

const digestOf = ({ workspaceId, phoneId }: InstallRequest): number =>
  hash("sha256", `${workspaceId}:${phoneId}`, "buffer").readUIntBE(0, 6);
