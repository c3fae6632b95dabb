import type { Io } from "./io.ts";
import { printNote } from "./print.ts";

/** What a command acts on: some installs, or those of a batch. */
export type Chosen = { readonly ids: readonly string[] } | { readonly batchId: string };

/** @returns what was chosen; undefined, having said why, when that is nothing or both. */
export const chosenInstalls = (
  io: Io,
  { ids, batch }: { readonly ids: readonly string[]; readonly batch?: string | undefined },
): Chosen | undefined => {
  if (batch === undefined) {
    if (ids.length > 0) return { ids: [...new Set(ids)] };
    printNote(io, "Name the installs by their ids, or a batch with --batch.");
    return undefined;
  }
  if (ids.length === 0) return { batchId: batch };
  printNote(io, "Name either installs by their ids or a batch with --batch, not both.");
  return undefined;
};
