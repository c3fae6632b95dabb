import { plainTable } from "../../src/cli/terminal/plain-table.ts";
import type { ChaosOptions } from "./chaos-options.ts";
import { isHolding } from "./check.ts";
import type { ChaosResult } from "./run-chaos.ts";

const faultsShown = 20;

/** A run's account for people: what happened, what holds, and what does not. */
export const chaosText = (options: ChaosOptions, result: ChaosResult): string => {
  const { checks, facts, suspects, overview, evidenceDir } = result;
  const { seed, installs, workspaces, workers, budgets } = options;
  const happened = plainTable(
    [
      { title: "what happened", width: 44 },
      { title: "", width: 60 },
    ],
    facts,
  );
  const held = plainTable(
    [
      { title: "what must hold", width: 44 },
      { title: "expected", width: 10 },
      { title: "found", width: 10 },
      { title: "", width: 8 },
    ],
    checks.map((check) => [
      check.what,
      String(check.expected),
      String(check.found),
      isHolding(check) ? "ok" : "BROKEN",
    ]),
  );
  const broken = checks.filter((check) => !isHolding(check));
  const faults = broken.flatMap(({ what, faults }) => [
    `${what}:`,
    ...faults.slice(0, faultsShown).map((fault) => `  ${fault}`),
  ]);
  const timelines = suspects.flatMap(({ installId, timeline }) => [
    installId,
    ...timeline.map(({ at, what, ...details }) => `  ${at}  ${what}  ${JSON.stringify(details)}`),
  ]);
  const left = evidenceDir === undefined ? [] : [`Logs, Redis data and evidence.json: ${evidenceDir}`];
  return [
    `${installs} installs, seed ${seed}, ${workspaces} workspaces, ${workers} workers, ${budgets} budgets`,
    "",
    happened,
    held,
    ...(overview.length === 0 ? [] : ["The time was up; under way were:", ...overview]),
    ...faults,
    ...timelines,
    ...left,
    `${broken.length === 0 ? "Everything holds." : `${broken.length} of ${checks.length} do not hold.`}\n`,
  ].join("\n");
};
