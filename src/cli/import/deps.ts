import type { Producer } from "../../producer/producer.ts";
import type { BatchReader } from "../batch/read.ts";
import type { WhyWaiting } from "../batch/watch.ts";
import type { Io } from "../terminal/io.ts";

/** What an import needs; a producer satisfies it. */
export interface ImportDeps {
  readonly io: Io;
  readonly producer: Pick<Producer, "importRows" | "forecastRows"> & BatchReader;
  /** Waits between two reads of a batch; rejects when the signal is aborted. */
  readonly pause?: ((ms: number, signal: AbortSignal | undefined) => Promise<unknown>) | undefined;
  /** Why a watched batch does not move. */
  readonly whyWaiting?: WhyWaiting | undefined;
}
