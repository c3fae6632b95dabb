import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TimelineEntry } from "../../src/install/install.ts";
import type { Producer } from "../../src/producer/producer.ts";
import type { ChaosOptions } from "./chaos-options.ts";
import type { Check } from "./check.ts";
import type { Fact } from "./facts.ts";

/** What a suspect went through. */
export interface Suspect {
  readonly installId: string;
  readonly timeline: readonly TimelineEntry[];
}

const suspectsMax = 5;

/** Up to five installs of each check that does not hold. */
export const findSuspects = async (
  checks: readonly Check[],
  producer: Producer,
): Promise<readonly Suspect[]> => {
  const ids = checks.flatMap(({ suspects }) => suspects.slice(0, suspectsMax));
  return Promise.all(
    [...new Set(ids)].map(async (installId) => ({
      installId,
      timeline: await producer.installs.timeline(installId),
    })),
  );
};

/** Leaves everything known about a failed run beside its logs and its Redis. */
export const writeEvidence = (
  dataDir: string,
  evidence: {
    readonly options: ChaosOptions;
    readonly checks: readonly Check[];
    readonly facts: readonly Fact[];
    readonly suspects: readonly Suspect[];
    readonly overview: readonly string[];
  },
): Promise<void> => writeFile(join(dataDir, "evidence.json"), JSON.stringify(evidence, undefined, 2));
