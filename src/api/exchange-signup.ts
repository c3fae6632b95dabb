import { ProblemError } from "../http/problem.ts";
import type { ApiDeps } from "./api-deps.ts";

const metaAwaySeconds = 30;

/** Turns Meta's answer to a signup code into a token, or into the problem the caller is told. */
export const createExchangeSignup =
  (exchangeCode: ApiDeps["exchangeCode"]) =>
  async (code: string): Promise<string> => {
    if (exchangeCode === undefined) throw new TypeError("The body's schema refuses codes without Meta.");
    const result = await exchangeCode(code);
    switch (result.kind) {
      case "token":
        return result.accessToken;
      case "refused":
        throw new ProblemError({
          status: 422,
          code: "signup_code_refused",
          detail: result.message,
          errors: [{ path: "/signupCode", message: result.message }],
        });
      case "unavailable":
        throw new ProblemError({
          status: 503,
          code: "meta_unavailable",
          detail: result.message,
          retryAfterSeconds: metaAwaySeconds,
        });
    }
  };
