import type { CheckRow } from "../../producer/import/check-rows.ts";
import type { Producer } from "../../producer/producer.ts";
import type { BatchReader } from "../batch/read.ts";
import type { WaitDeps } from "../terminal/wait-news.ts";

/** What an import needs; a producer satisfies it. */
export interface ImportDeps extends WaitDeps {
  /** Opens the check at Meta; undefined without an app. */
  readonly openCheck?: (() => Promise<CheckRow | undefined>) | undefined;
  readonly producer: Pick<Producer, "importRows" | "forecastRows"> & BatchReader;
}
