import { InvalidArgumentError } from "commander";

/** Options that many commands have, as arguments of commander's `option`. */
export const json = ["--json", "print the resource as JSON", false] as const;
export const yes = ["--yes", "do not ask", false] as const;
/** Of commands that enqueue or act. */
export const privately = [
  "--private",
  "use the private Redis of this folder although no perch start runs there",
  false,
] as const;

/** Collects the values of an option that is repeated. */
export const collect = (text: string, others: readonly string[] = []): readonly string[] => [...others, text];

/** Reads values separated by commas, and adds them to those of the option's earlier uses. */
export const oneOrMoreOf =
  <Value extends string>(allowed: readonly Value[]) =>
  (text: string, before: readonly Value[] = []): readonly Value[] => {
    const values = text.split(",").map((each) => allowed.find((known) => known === each.trim()));
    const known = values.filter((value) => value !== undefined);
    if (known.length < values.length) throw new InvalidArgumentError(`Allowed are ${allowed.join(", ")}.`);
    return [...before, ...known];
  };

/** Reads an option's number. */
export const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
};
