import { randomUUID } from "node:crypto";

/** The request id the caller sent if it is safe to log, else a new one. */
export const requestIdOf = (given: string | readonly string[] | undefined): string =>
  typeof given === "string" && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : randomUUID();
