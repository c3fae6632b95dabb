import type { Producer } from "../producer/producer.ts";
import type { Batches } from "../queue/batches.ts";
import type { Installs } from "../queue/installs.ts";
import type { Io } from "./io.ts";

/** What an import needs; a producer fits. */
export interface ImportDeps {
  readonly io: Io;
  readonly producer: Pick<Producer, "enqueueRows" | "forecastRows"> & {
    readonly batches: Pick<Batches, "create" | "close" | "rows" | "find">;
    readonly installs: Pick<Installs, "findMany">;
  };
  /** Waits between two looks at a batch; rejects when the signal says so. */
  readonly pause?: ((ms: number, signal: AbortSignal | undefined) => Promise<unknown>) | undefined;
}
