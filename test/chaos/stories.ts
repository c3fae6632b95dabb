import { seededChance } from "../../src/sandbox/faults/seeded-chance.ts";
import type { ChaosOptions } from "./chaos-options.ts";

/** What somebody does to a number, in this order. Each waits for the end of the install but those said to be at once. */
export const stories = {
  "cancel at once": ["cancel"],
  "cancel at once, retry": ["cancel", "end", "retry"],
  "cancel at once, retry, cancel": ["cancel", "end", "retry", "cancel"],
  "cancel at once, send again": ["cancel", "end", "send", "end"],
  "cancel at once, uninstall, retry": ["cancel", "end", "uninstall", "retry"],
  "send again at once": ["send", "send"],
  "send again": ["end", "send"],
  uninstall: ["end", "uninstall"],
  "uninstall, send again": ["end", "uninstall", "send", "end", "uninstall", "send"],
  "uninstall, meanwhile send again": ["end", "uninstall and send"],
  "cancel, send again, retry the first": ["cancel", "end", "send", "retry the first"],
} as const;

export type StoryName = keyof typeof stories;
export type Act = (typeof stories)[StoryName][number];

/** Longest time before the first act: before, while and after the create is out. */
const firstActMaxMs = 1500;

/** What is done to the n-th number and how long after it was accepted; undefined: nothing, as to most. */
export const storyOf = (
  n: number,
  { seed, peopleShare }: Pick<ChaosOptions, "seed" | "peopleShare">,
): { readonly acts: readonly Act[]; readonly afterMs: number } | undefined => {
  const chance = seededChance(seed);
  if (chance(`somebody/${n}`) >= peopleShare) return undefined;
  const all = Object.values(stories);
  const acts = all[Math.floor(chance(`story/${n}`) * all.length)] ?? [];
  return { acts, afterMs: chance(`after/${n}`) * firstActMaxMs };
};
