import type { Batches } from "../queue/batches.ts";
import type { Installs } from "../queue/installs.ts";

/** What a batch is shown from; a producer has both. */
export interface BatchReader {
  readonly batches: Pick<Batches, "find" | "rows" | "readRows" | "failures">;
  readonly installs: Pick<Installs, "findMany">;
}
