import { hash } from "node:crypto";

/** The access token that the simulated Meta gives for a code: always the same, so that a test can know it. */
export const metaTokenOf = (code: string): string => `EAASANDBOX${hash("sha256", `token of ${code}`)}`;
