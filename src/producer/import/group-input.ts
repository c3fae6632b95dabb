import type { InputFile } from "../../install/batch.ts";
import type { GroupInput } from "../../queue/batches/input-file.ts";
import { publicMembers } from "../put/columns.ts";
import type { InputRow } from "../put/enqueue-rows.ts";
import type { EnqueuedRow } from "../put/enqueued.ts";

const isPublic: ReadonlySet<string> = new Set(publicMembers);

const publicNames = (input: unknown): readonly string[] =>
  typeof input === "object" && input !== null ? Object.keys(input).filter((name) => isPublic.has(name)) : [];

/**
 * Tells group by group what is new about the input of a batch: columns that no row before had, and lines that do not
 * follow from that of the row before.
 */
export const createGroupInput = (
  file: InputFile = {},
): ((group: readonly InputRow[], results: readonly EnqueuedRow[]) => GroupInput) => {
  const columns = new Set(file.columns);
  let offset: number | undefined;

  const newColumns = (group: readonly InputRow[]): GroupInput => {
    const countBefore = columns.size;
    for (const { input } of group) for (const name of publicNames(input)) columns.add(name);
    return columns.size === countBefore ? {} : { columns: [...columns] };
  };

  const newLines = (group: readonly InputRow[]): NonNullable<GroupInput["lines"]> =>
    group.flatMap(({ row, line }) => {
      if (line === undefined || line - row === offset) return [];
      offset = line - row;
      return [[row, line] as const];
    });

  return (group, results) => ({
    ...newColumns(group),
    lines: newLines(group),
    own: results.flatMap((row) => ("install" in row && row.own ? [[row.row, row.own] as const] : [])),
  });
};
