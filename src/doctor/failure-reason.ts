/**
 * Why something could not be reached, in a word such as ECONNREFUSED or WRONGPASS: messages of libraries may
 * quote addresses, and with them passwords.
 */
export const failureReason = (error: unknown): string => {
  if (!(error instanceof Error)) return "no reason given";
  if (error.name === "TimeoutError" || error.name === "AbortError") return "no answer in time";
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error.cause !== undefined) return failureReason(error.cause);
  return /^([A-Z]{4,})\b/.exec(error.message)?.[1] ?? error.name;
};
