import { existsSync } from "node:fs";

/** Reads `.env` of the working directory, if there is one, into what the environment does not set itself. */
export const loadEnvFile = (): void => {
  if (existsSync(".env")) process.loadEnvFile(".env");
};
