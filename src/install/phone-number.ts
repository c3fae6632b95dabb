import { parsePhoneNumberFromString } from "libphonenumber-js/min";

/**
 * A phone number in E.164 (`+14155550123`), or undefined when it can't be one.
 *
 * Takes any usual international writing: spaces, brackets, dashes, a leading `00`, or no prefix at all when
 * the digits start with a country code. Only the length is judged, not whether the range is in use, because
 * published numbering plans lag behind.
 */
export const toE164 = (text: string): string | undefined => {
  const trimmed = text.trim();
  const international = /^(\+|00)/.test(trimmed) ? trimmed.replace(/^00/, "+") : `+${trimmed}`;
  const parsed = parsePhoneNumberFromString(international, { extract: false });
  return parsed?.isPossible() === true && parsed.ext === undefined ? parsed.number : undefined;
};
