/**
 * Whether a text has this phone number in it, however it is spaced: with `+`, `00` or nothing before the country
 * code. A number without its country code is not recognised.
 */
export const namesNumber = (text: string, phoneNumber: string): boolean => {
  const joined = text.replaceAll(/[\s().\u00A0-]/g, "");
  return new RegExp(`(?<!\\d)(?:00)?${phoneNumber.slice(1)}(?!\\d)`).test(joined);
};
