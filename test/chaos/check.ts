/** One thing that must hold after a run. It holds when what was found is what was expected. */
export interface Check {
  readonly what: string;
  readonly found: number;
  readonly expected: number;
  /** What is wrong, a line each. */
  readonly faults: readonly string[];
  /** Installs to look at. */
  readonly suspects: readonly string[];
}

export const check = (
  what: string,
  expected: number,
  found: number,
  { faults = [], suspects = [] }: { faults?: readonly string[]; suspects?: readonly string[] } = {},
): Check => ({ what, expected, found, faults, suspects });

export const isHolding = ({ found, expected }: Check): boolean => found === expected;
