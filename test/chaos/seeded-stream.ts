import { seededChance } from "../../src/sandbox/faults/seeded-chance.ts";

/** Numbers in [0, 1), the same ones for the same seed and name. */
export const seededStream = (seed: number, name: string): (() => number) => {
  const chance = seededChance(seed);
  let drawn = 0;
  return () => {
    drawn += 1;
    return chance(`${name}/${drawn}`);
  };
};
