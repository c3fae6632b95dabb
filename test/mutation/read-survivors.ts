import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Mutant } from "./mutants.ts";

const survivorsSchema = z.array(
  z.object({
    ...{ file: z.string(), kind: z.string(), before: z.string(), text: z.string() },
    verdict: z.object({ kind: z.string() }),
  }),
);

type Change = Pick<Mutant, "file" | "kind" | "before" | "text">;

/** A change wherever its line has moved since. */
const keyOf = ({ file, kind, before, text }: Change): string => [file, kind, before, text].join("\n");

/** Reads what an earlier run has written with `--json`; answers whether a mutant survived it. */
export const readSurvivors = (path: string): ((mutant: Change) => boolean) => {
  const judged = survivorsSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  const survived = new Set(judged.filter(({ verdict }) => verdict.kind === "green").map(keyOf));
  return (mutant) => survived.has(keyOf(mutant));
};
