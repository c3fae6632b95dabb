import type { ExchangeResult } from "./exchange-result.ts";
import type { MetaError } from "./meta-error.ts";

type Refusal = Exclude<ExchangeResult, { readonly kind: "token" }>;

const again = "let the customer run the embedded signup again";

/**
 * Why Meta refuses an exchange, by code or code/subcode. 1, 2, 4, 17, 32, 190 and 613 are Meta's published codes
 * (error handling and rate limits of the Graph API); 36007 to 36009 and the meaning of 1 and 101 at this address
 * are seen in public code and reports, and not promised.
 *
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
const refusals: Readonly<Record<string, string>> = {
  "1": "Meta does not accept the app's secret: check META_APP_ID and META_APP_SECRET against the app's basic settings at Meta",
  "100": `Meta cannot read the code: send it exactly as the signup returned it and check META_APP_ID, or ${again}`,
  "100/36007": `The code has expired, it lives for about 30 seconds: ${again} and send the new code at once`,
  "100/36008": `The code was not made by the embedded signup of this app: ${again} with the app of META_APP_ID`,
  "100/36009": `The code has been used already, it can be exchanged once: ${again} and send the new code`,
  "101":
    "Meta does not know the app: check META_APP_ID and META_APP_SECRET against the app's basic settings at Meta",
  "190": `Meta no longer accepts the app or the customer's login: check in Meta's dashboard that the app is live, then ${again}`,
  "191": `The code was not made by the embedded signup of this app: ${again} with the app of META_APP_ID`,
};

const faulty = "Meta has a fault at the moment";
const limited = "Meta limits the calls of this app at the moment";

const passing: Readonly<Record<number, string>> = {
  1: faulty,
  2: faulty,
  4: limited,
  17: limited,
  32: limited,
  613: limited,
};

/** Maps an error of Meta to the result of an exchange, by code and subcode, never by Meta's texts. */
export const exchangeRefusal = (status: number, { code, subcode, isTransient }: MetaError): Refusal => {
  const source = `(Meta: code ${code}${subcode === undefined ? "" : `, subcode ${subcode}`})`;
  // Meta uses code 1 for an unknown error, and at this address, with a 4xx, for a wrong secret.
  const isPassing = isTransient || status >= 500 || (code !== 1 && passing[code] !== undefined);
  if (isPassing) {
    const message = `${passing[code] ?? faulty}: wait a few minutes, then ${again} ${source}.`;
    return { kind: "unavailable", message };
  }
  const why = refusals[`${code}/${subcode}`] ?? refusals[code] ?? `Meta refused the code: ${again}`;
  return { kind: "refused", message: `${why} ${source}.`, metaCode: code, metaSubcode: subcode };
};
