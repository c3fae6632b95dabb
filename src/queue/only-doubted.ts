import type { InstallData } from "./install-data.ts";

/**
 * Whether nobody knows of a create of an install and only Redis may have forgotten one. Ends with the doubt: see
 * `restart-watch.ts`.
 */
export const isOnlyDoubted = ({
  unanswered,
  attempts = 0,
}: Pick<InstallData, "unanswered" | "attempts">): boolean =>
  attempts === 0 && (unanswered?.why === "restarted" || unanswered?.why === "restored");
