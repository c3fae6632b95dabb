import { median, print } from "../processes.ts";
import { coldInstalls, type Round } from "./round.ts";

/** The median, and the range when there is more than one value. */
const spread = (values: readonly number[], digits: number): string => {
  const middle = median(values).toFixed(digits);
  if (values.length < 2) return middle;
  return `${middle} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;
};

const printRows = (head: readonly string[], rows: readonly (readonly string[])[]): void => {
  print("");
  print(`| ${head.join(" | ")} |`);
  print(`| ${head.map(() => "---").join(" | ")} |`);
  for (const row of rows) print(`| ${row.join(" | ")} |`);
};

/** Prints what each system reached, and how Perch compares with each of the others in the same rounds. */
export const printTables = (results: readonly Round[]): void => {
  const bySystem = Map.groupBy(results, ({ system }) => system);
  printRows(
    [
      ...["system", "installs/s", "µs an install, without Bird", "worker · webhook · driver · store"],
      ...[`first ${coldInstalls}, s`, "start, s", "other programs, processors"],
    ],
    [...bySystem].map(([system, rounds]) => {
      const middle = (part: keyof Round["microsEach"]) =>
        median(rounds.map(({ microsEach }) => microsEach[part])).toFixed(0);
      return [
        system,
        spread(
          rounds.map(({ perSecond }) => perSecond),
          0,
        ),
        spread(
          rounds.map(({ totalMicros }) => totalMicros),
          0,
        ),
        `${middle("worker")} · ${middle("webhook")} · ${middle("driver")} · ${middle("store")}`,
        spread(
          rounds.map(({ coldSeconds }) => coldSeconds),
          1,
        ),
        spread(
          rounds.map(({ startedInSeconds }) => startedInSeconds),
          1,
        ),
        spread(
          rounds.map(({ foreignProcessors }) => foreignProcessors ?? Number.NaN),
          2,
        ),
      ];
    }),
  );
  const perch = bySystem.get("perch");
  if (perch !== undefined && bySystem.size > 1) {
    printRows(
      ["Perch ÷", "installs/s", "µs an install", `first ${coldInstalls}, s`],
      [...bySystem]
        .filter(([system]) => system !== "perch")
        .map(([system, rounds]) => {
          const ratios = (of: (each: Round) => number) =>
            spread(
              rounds.flatMap((theirs) =>
                perch.filter(({ round }) => round === theirs.round).map((ours) => of(ours) / of(theirs)),
              ),
              2,
            );
          return [
            system,
            ratios(({ perSecond }) => perSecond),
            ratios(({ totalMicros }) => totalMicros),
            ratios(({ coldSeconds }) => coldSeconds),
          ];
        }),
    );
  }
  const loud = results.filter(({ isQuiet }) => !isQuiet).length;
  print("");
  print(
    loud === 0
      ? "The machine was quiet in every round."
      : `The machine was NOT QUIET in ${loud} of ${results.length} rounds: read no figure of them on its own, and the ratios with care.`,
  );
};
