import { type PhoneNumber, parsePhoneNumberFromString } from "libphonenumber-js/min";

/** A phone number in E.164, or why a text is none. */
type ReadPhoneNumber = { readonly number: string } | { readonly issue: string };

const noNumber = "must be a phone number with its country code, for example +14155550123";

/**
 * Reads a phone number in any usual international writing: spaces, brackets, dashes, a leading `00`, no prefix at all
 * when the digits start with a country code, and the forms that WhatsApp, Twilio and lead forms put before it (`tel:`,
 * `whatsapp:`, `p:`, `https://wa.me/`). Only the length is checked, not whether the range is in use, because published
 * numbering plans lag behind. What WhatsApp shows and what people type of one number comes out as one text.
 *
 * The issue follows the name of what was read: "must be …".
 */
export const readPhoneNumber = (text: string): ReadPhoneNumber => {
  const trimmed = digitsOnly.test(text) ? text : cleaned(text);
  if (/^\+?\d+([.,]\d+)?e\+?\d+$/i.test(trimmed) || /^\+?\d{5,}\.0+$/.test(trimmed))
    return {
      issue:
        "was turned into a number by a spreadsheet: format the column as text and paste the phone number again",
    };
  const hasPrefix = /^(\+|00)/.test(trimmed);
  const international = hasPrefix ? trimmed.replace(/^00/, "+") : `+${trimmed}`;
  const parsed = parse(international);
  if (parsed === undefined) return { issue: noNumber };
  const settled = settle(parsed);
  const issue = oldNumberIssue(settled);
  if (issue !== undefined) return { issue };
  // Some numbering plans allow more than the recommendation. Without a prefix the country code is likelier missing.
  if (!settled.isPossible() || !isE164(settled.number))
    return { issue: hasPrefix ? lengthIssue(settled) : noNumber };
  if (parsed.ext !== undefined) return { issue: "must not have an extension: WhatsApp numbers have none" };
  return isFinal(settled.number, international) ? { number: settled.number } : { issue: noNumber };
};

const digitsOnly = /^\+?\d+$/;

/** Contacts and spreadsheets paste full-width signs and invisible direction marks along. */
const cleaned = (text: string): string =>
  text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .trim()
    .replace(/^(?:(?:tel|whatsapp|p):|https?:\/\/wa\.me\/)\s*/i, "");

/** A phone number in E.164 (`+14155550123`), or undefined when it can't be one. See `readPhoneNumber`. */
export const toE164 = (text: string): string | undefined => {
  const read = readPhoneNumber(text);
  return "number" in read ? read.number : undefined;
};

/**
 * The one form in which numbers in E.164 are compared. In Argentina a mobile number is dialled with a 9 after +54 from
 * abroad and may be written without; the form without it is no other number.
 *
 * @see https://en.wikipedia.org/wiki/Telephone_numbers_in_Argentina
 */
export const comparableNumber = (number: string): string => number.replace(/^\+54(?=\d{10}$)/, "+549");

/** Whether two texts name one number. */
export const isSameNumber = (one: string, other: string): boolean => {
  const [first, second] = [one, other].map((text) => toE164(text));
  return first !== undefined && second !== undefined && comparableNumber(first) === comparableNumber(second);
};

/** Each form with today's, of which it is another: what `settle` rewrites, and Argentina's. */
const otherForms: readonly (readonly [today: RegExp, other: string])[] = [
  [/^\+549(?=\d{10}$)/, "+54"],
  [/^\+52(?=\d{10}$)/, "+521"],
  [/^(\+55[1-9]\d)9(?=[6-9]\d{7}$)/, "$1"],
];

/** All texts in E.164 of which `isSameNumber` says that they name this number: what it may be stored or heard of under. */
export const writtenForms = (number: string): readonly string[] => {
  const today = comparableNumber(toE164(number) ?? number);
  const others = otherForms.filter(([form]) => form.test(today));
  return [today, ...others.map(([form, other]) => today.replace(form, other))];
};

const parse = (text: string): PhoneNumber | undefined => parsePhoneNumberFromString(text, { extract: false });

/**
 * The form of today's numbering plan, where WhatsApp shows or people type another one as well:
 *
 * - Mexico: no `1`, `01`, `044` or `045` after +52 since August 2019. WhatsApp still shows the 1.
 * - Argentina: mobile numbers have a 9 after +54 in place of the 15 after the area code.
 * - Brazil: every mobile number has had a ninth digit, a 9 after the area code, since 2016. Of numbers that are older
 *   WhatsApp shows eight digits; those that begin with 2 to 5 are landlines and have eight.
 *
 * @see https://faq.whatsapp.com/1294841057948784 (Mexico, Argentina)
 * @see https://www.gov.br/anatel/pt-br/regulado/numeracao/plano-de-numeracao (Brazil)
 */
const settle = (parsed: PhoneNumber): PhoneNumber => {
  const { number } = parsed;
  if (!/^\+5[245]/.test(number)) return parsed;
  const rewritten = number
    .replace(/^\+52(?:0?1|04[45])(?=\d{10}$)/, "+52")
    .replace(/^\+549(?=0?\d{12}$)/, "+54")
    .replace(/^(\+55[1-9]\d)(?=[6-9]\d{7}$)/, "$19");
  return rewritten === number ? parsed : (parse(rewritten) ?? parsed);
};

/** Whether a number is read as itself: a doubled trunk zero reads on as another one. */
const isFinal = (number: string, readFrom: string): boolean => {
  if (number === readFrom) return true;
  const again = parse(number);
  return again !== undefined && settle(again).number === number;
};

/** ITU-T E.164: a country code and at most fifteen digits in all. */
const isE164 = (text: string): boolean => /^\+[1-9]\d{1,14}$/.test(text);

/**
 * Countries whose numbers have changed since address books were written, by country code: what an old one looks like
 * after it, and how it changed.
 *
 * @see https://www.itu.int/oth/T0202.aspx?parent=T0202 (national numbering plans)
 */
const renumbered: Readonly<Record<string, readonly [old: RegExp, change: string]>> = {
  "84": [/^1[2689]\d{8}$/, "mobile numbers that began with 1 have had nine digits since 2018"],
  "221": [/^\d{7}$/, "7 or 3 and the operator's digit have stood before the old number since 2007"],
  "225": [/^\d{8}$/, "07, 05 or 01, by the operator, has stood before the old mobile number since 2021"],
  "229": [/^\d{8}$/, "01 has stood before the old number since 2024"],
  "237": [/^[2379]\d{7}$/, "6 has stood before old mobile numbers, 2 before landlines, since 2014"],
  "506": [/^\d{7}$/, "8 has stood before old mobile numbers, 2 before landlines, since 2008"],
};

/** The old length and what has changed, of a number that was one before. */
const oldNumberIssue = (parsed: PhoneNumber): string | undefined => {
  const [old, change] = renumbered[parsed.countryCallingCode] ?? [];
  return old?.test(parsed.nationalNumber) === true ? `${lengthIssue(parsed)}: ${change}` : undefined;
};

const lengthIssue = ({ countryCallingCode: code, country, nationalNumber }: PhoneNumber): string => {
  const { length } = nationalNumber;
  const lengths = possibleLengths(code).filter((possible) => possible !== length);
  const [first = 0, last = 0] = [lengths[0], lengths.at(-1)];
  const isRange = lengths.length > 2 && last - first === lengths.length - 1;
  const expected = isRange ? `${first} to ${last}` : anyOf.format(lengths.map(String));
  const whose = country === undefined ? "" : ` of ${countryNames.of(country) ?? country}`;
  return `has ${length} digits after +${code} where numbers${whose} have ${expected}`;
};

const countryNames = new Intl.DisplayNames("en", { type: "region" });
const anyOf = new Intl.ListFormat("en", { type: "disjunction" });

/** By country code: found out by some fifteen parses, and a file may have the same mistake in every row. */
const knownLengths = new Map<string, readonly number[]>();

/** How many digits a number may have after its country code, which several countries may share. */
const possibleLengths = (code: string): readonly number[] => {
  const lengths = knownLengths.get(code) ?? findLengths(code);
  knownLengths.set(code, lengths);
  return lengths;
};

const findLengths = (code: string): readonly number[] =>
  Array.from({ length: 15 - code.length }, (_, n) => n + 1).filter(
    (length) => parse(`+${code}${"5".repeat(length)}`)?.isPossible() === true,
  );
