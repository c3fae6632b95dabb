import type { MetaCode } from "../install/errors/meta-catalogue.ts";
import { isSameNumber, toE164 } from "../install/values/phone-number.ts";
import type { PhoneList } from "./graph.ts";
import type { MetaPhone, MetaToken } from "./graph-objects.ts";

/** What Meta answered to one question. */
export type Fact<T> =
  | { readonly kind: "found"; readonly value: T }
  | { readonly kind: "missing" }
  | { readonly kind: "token_refused"; readonly isExpired: boolean }
  | { readonly kind: "denied" | "refused"; readonly metaCode: number }
  /** Not asked, or not answered. */
  | { readonly kind: "unknown" };

/** What is known at Meta about one number of a request. */
export interface MetaFacts {
  readonly token: Fact<MetaToken>;
  /** The account's phone numbers. */
  readonly account: Fact<PhoneList>;
  /** Asked only where the account does not list it. */
  readonly phone: Fact<MetaPhone>;
}

/** The number of a request, without its token. */
export interface AskedNumber {
  readonly wabaId: string;
  readonly phoneId: string;
  readonly phoneNumber: string;
}

/** Something that will keep an install from working, or soon will. */
export interface Finding {
  readonly code: MetaCode;
  /** A warning never ends an install. */
  readonly severity: "error" | "warning";
  /** What was seen, as a sentence without secrets. */
  readonly detail?: string | undefined;
}

interface Case {
  readonly facts: MetaFacts;
  readonly asked: AskedNumber;
  /** Undefined when the number is not known at Meta. */
  readonly phone: MetaPhone | undefined;
  readonly appId: string;
  readonly nowMs: number;
}

/** How long before its end a token is reported, ms. */
const soonMs = 7 * 86_400_000;

/** What an install needs. */
const permissions = ["whatsapp_business_management", "whatsapp_business_messaging"];

/** False: there is no such finding. A text is the detail of one. */
type Rule = (seen: Case) => boolean | string;

const reads = ({ facts: { token, account, phone } }: Case) => [token, account, phone];
const tokenOf = ({ facts: { token } }: Case) => (token.kind === "found" ? token.value : undefined);

/** Whether Meta took the token for a read: it works, whatever the read found. */
const works = ({ facts: { account, phone } }: Case): boolean =>
  [account, phone].some(({ kind }) => kind === "found" || kind === "missing" || kind === "denied");

const isExpired: Rule = (seen) => {
  const token = tokenOf(seen);
  if (token === undefined) return reads(seen).some((read) => read.kind === "token_refused" && read.isExpired);
  const ended = token.expiresAtMs !== undefined && token.expiresAtMs <= seen.nowMs;
  if (!ended) return token.isExpired;
  return `It expired at ${new Date(token.expiresAtMs ?? 0).toISOString()}.`;
};

/**
 * The decision table: each code and what of the facts makes it one. Whatever is not known makes none. If a code of the
 * first table is found, nothing else can be known.
 */
const tokenRules: readonly (readonly [MetaCode, Rule])[] = [
  ["meta_token_expired", isExpired],
  [
    "meta_token_invalid",
    (seen) => tokenOf(seen)?.isValid === false || reads(seen).some(({ kind }) => kind === "token_refused"),
  ],
];

const rules: readonly (readonly [MetaCode, Rule])[] = [
  [
    "meta_token_of_another_app",
    (seen) => {
      const { token } = seen.facts;
      if (token.kind === "refused") return token.metaCode === 100 && works(seen);
      const { appId } = tokenOf(seen) ?? {};
      return appId !== undefined && appId !== seen.appId && `It was made by app ${appId}.`;
    },
  ],
  [
    "meta_token_lacks_permission",
    (seen) => {
      const { scopes } = tokenOf(seen) ?? {};
      const lacking = scopes === undefined ? [] : permissions.filter((name) => !scopes.includes(name));
      if (lacking.length > 0) return `It lacks ${lacking.join(" and ")}.`;
      return [seen.facts.account, seen.facts.phone].some(({ kind }) => kind === "denied");
    },
  ],
  ["meta_waba_not_found", ({ facts }) => facts.account.kind === "missing"],
  ["meta_phone_not_found", ({ facts }) => facts.phone.kind === "missing"],
  [
    "meta_phone_of_another_waba",
    ({ facts: { account, phone }, asked }) =>
      account.kind === "found" &&
      account.value.isWhole &&
      phone.kind === "found" &&
      !account.value.phones.some(({ id }) => id === asked.phoneId),
  ],
  [
    "meta_number_differs",
    ({ phone, asked }) => {
      const shown = toE164(phone?.displayPhoneNumber ?? "");
      if (shown === undefined || isSameNumber(shown, asked.phoneNumber)) return false;
      return `Meta's ends in ${shown.slice(-4)}.`;
    },
  ],
  [
    "meta_phone_not_verified",
    // A number that is connected was verified before, whatever became of its code.
    ({ phone }) => phone?.codeVerificationStatus === "NOT_VERIFIED" && phone.status !== "CONNECTED",
  ],
  ["meta_phone_connected_elsewhere", ({ phone }) => phone?.platformType === "ON_PREMISE"],
];

const warnings: readonly (readonly [MetaCode, Rule])[] = [
  [
    "meta_token_expires_soon",
    (seen) => {
      const { expiresAtMs } = tokenOf(seen) ?? {};
      if (expiresAtMs === undefined || expiresAtMs - seen.nowMs > soonMs) return false;
      return `It expires at ${new Date(expiresAtMs).toISOString()}.`;
    },
  ],
];

/** Judges what Meta answered about a number, errors first. Pure: the same facts always give the same findings. */
export const judge = (
  facts: MetaFacts,
  { asked, appId, nowMs }: Pick<Case, "asked" | "appId" | "nowMs">,
): readonly Finding[] => {
  const listed =
    facts.account.kind === "found"
      ? facts.account.value.phones.find(({ id }) => id === asked.phoneId)
      : undefined;
  const phone = listed ?? (facts.phone.kind === "found" ? facts.phone.value : undefined);
  const seen = { facts, asked, phone, appId, nowMs };
  const [ended] = findings(tokenRules, "error", seen);
  if (ended !== undefined) return [ended];
  return [...findings(rules, "error", seen), ...findings(warnings, "warning", seen)];
};

/** Judges a token alone, with the accounts it names. */
export const judgeToken = (
  { token, lists }: { readonly token: Fact<MetaToken>; readonly lists: readonly Fact<PhoneList>[] },
  { appId, nowMs }: Pick<Case, "appId" | "nowMs">,
): readonly Finding[] => {
  const asked = { wabaId: "", phoneId: "", phoneNumber: "" };
  const of = (account: Fact<PhoneList>) =>
    judge({ token, account, phone: { kind: "unknown" } }, { asked, appId, nowMs });
  const all = [{ kind: "unknown" } as const, ...lists].flatMap(of);
  return all.filter(({ code }, n) => all.findIndex((other) => other.code === code) === n);
};

const findings = (
  table: readonly (readonly [MetaCode, Rule])[],
  severity: Finding["severity"],
  seen: Case,
): readonly Finding[] =>
  table.flatMap(([code, rule]) => {
    const found = rule(seen);
    if (found === false) return [];
    return [{ code, severity, ...(typeof found === "string" && { detail: found }) }];
  });
