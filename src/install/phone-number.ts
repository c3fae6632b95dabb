import { parsePhoneNumberFromString } from "libphonenumber-js/min";

/**
 * A phone number in E.164 (`+14155550123`), or undefined when it can't be one.
 *
 * Takes any usual international writing: spaces, brackets, dashes, a leading `00`, or no prefix at all when
 * the digits start with a country code. Only the length is checked, not whether the range is in use, because
 * published numbering plans lag behind.
 */
export const toE164 = (text: string): string | undefined => {
  // Contacts and spreadsheets paste full-width signs and invisible direction marks along.
  const trimmed = text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .trim();
  // A spreadsheet's number: read on, its decimal would be one more digit.
  if (/^\+?\d{5,}\.0+$/.test(trimmed)) return undefined;
  const international = /^(\+|00)/.test(trimmed) ? trimmed.replace(/^00/, "+") : `+${trimmed}`;
  const parsed = parsePhoneNumberFromString(international, { extract: false });
  if (parsed?.isPossible() !== true || parsed.ext !== undefined) return undefined;
  // Some numbering plans allow more than the recommendation.
  return isE164(parsed.number) && isFinal(parsed.number, international) ? parsed.number : undefined;
};

/** Whether a number is read as itself: a doubled trunk zero reads on as another one. */
const isFinal = (number: string, readFrom: string): boolean =>
  number === readFrom || parsePhoneNumberFromString(number)?.number === number;

/** ITU-T E.164: a country code and at most fifteen digits in all. */
const isE164 = (text: string): boolean => /^\+[1-9]\d{1,14}$/.test(text);
