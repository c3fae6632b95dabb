import { setTimeout as wait } from "node:timers/promises";
import type { InputIssue } from "../../install/errors/input-error.ts";
import type { MetaCode } from "../../install/errors/meta-catalogue.ts";
import type { InstallRequest } from "../../install/request.ts";
import type { CheckNumber } from "../../meta/check-number.ts";
import type { Finding } from "../../meta/judge.ts";

/** What Meta says of a row. */
export interface RowCheck {
  readonly errors: readonly InputIssue[];
  readonly warnings: readonly InputIssue[];
  /** Why Meta said nothing; undefined when it did. */
  readonly unasked?: string | undefined;
}

export type CheckRow = (request: InstallRequest) => Promise<RowCheck>;

/** How long a row waits for its turn in the budget, and for the end of a pause, ms. */
const patienceMs = 60_000;
const pauseMaxMs = 15_000;
const triesMax = 4;

/** The member that each code is about, and what is said after its name. */
const words: Readonly<Record<MetaCode, readonly [member: string, text: string]>> = {
  meta_token_invalid: ["accessToken", "is not accepted by Meta"],
  meta_token_expired: ["accessToken", "has expired at Meta"],
  meta_token_expires_soon: ["accessToken", "expires within a week"],
  meta_token_of_another_app: ["accessToken", "was made by another app than META_APP_ID"],
  meta_token_lacks_permission: ["accessToken", "lacks a permission of WhatsApp"],
  meta_waba_not_found: ["wabaId", "is no account that Meta shows the token"],
  meta_phone_not_found: ["phoneId", "is no phone number that Meta shows the token"],
  meta_phone_of_another_waba: ["phoneId", "is not in the account of wabaId"],
  meta_number_differs: ["phoneNumber", "is not the number that Meta shows for phoneId"],
  meta_phone_not_verified: ["phoneNumber", "has not been verified at Meta by its owner"],
  meta_phone_connected_elsewhere: ["phoneNumber", "is in use with the On-Premises API"],
};

const issueOf = ({ code, detail }: Finding): InputIssue => {
  const [member, text] = words[code];
  return { path: `/${member}`, message: `${text} (${code})${detail === undefined ? "" : `. ${detail}`}` };
};

/**
 * Creates the check of a file's rows: the judgement of the preflight, as issues of the row. Unlike an install, a row
 * waits for its turn in the budget, and for the end of a short pause.
 */
export const createCheckRow = (deps: {
  readonly check: CheckNumber;
  readonly pause?: (ms: number) => Promise<unknown>;
}): CheckRow => {
  const { check, pause = wait } = deps;
  return async ({ accessToken: token, wabaId, phoneId, phoneNumber }) => {
    for (let tries = 1; ; tries += 1) {
      const asked = { token, wabaId, phoneId, phoneNumber };
      const {
        findings,
        unasked,
        pausedMs = Number.POSITIVE_INFINITY,
      } = await check(asked, { use: "bulk", patienceMs });
      if (unasked !== undefined && pausedMs <= pauseMaxMs && tries < triesMax) {
        await pause(pausedMs);
        continue;
      }
      const of = (severity: Finding["severity"]) =>
        findings.filter((finding) => finding.severity === severity).map(issueOf);
      return { errors: of("error"), warnings: of("warning"), unasked };
    }
  };
};

/** Rows that are checked at the same time. */
const atOnce = 8;

/** Runs a check for each item, several at once, and yields the results in the items' order. */
export async function* checkInOrder<T, R>(
  items: readonly T[],
  check: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const running: Promise<R>[] = [];
  const begin = (item: T): void => {
    const result = check(item);
    // Who stops reading the results hears of no failure that comes later.
    result.catch(() => undefined);
    running.push(result);
  };
  for (const item of items.slice(0, atOnce)) begin(item);
  for (let n = 0; n < items.length; n += 1) {
    const result = running[n];
    if (result === undefined) return;
    const value = await result;
    const next = items[n + atOnce];
    if (next !== undefined) begin(next);
    yield value;
  }
}
