import type { InstallError } from "../api/resources.ts";

/** Who has to act, as the reader of a screen knows them. */
export const actorNames = {
  us: "You",
  operator: "The operator of the Bird workspace",
  customer: "The owner of the number",
  bird: "Bird",
} as const satisfies Record<InstallError["actor"], string>;

/** `rejected_by_bird` as words. */
export const codeWords = (code: string): string => {
  const words = code.replaceAll("_", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`.replace(/\bbird\b/, "Bird");
};
