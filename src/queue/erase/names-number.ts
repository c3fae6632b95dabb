/** Whether a text has one of these forms in it as it is written. */
export const hasAny = (text: string | null | undefined, forms: readonly string[]): text is string =>
  typeof text === "string" && forms.some((form) => text.includes(form));

/**
 * Whether a text has one of these forms of a phone number in it, however it is spaced: with `+`, `00` or nothing before
 * the country code. A number without its country code is not recognised.
 */
export const namesNumber = (text: string, forms: readonly string[]): boolean => {
  const joined = text.replaceAll(/[\s().\u00A0-]/g, "");
  const digits = forms.map((form) => form.slice(1)).join("|");
  return new RegExp(`(?<!\\d)(?:00)?(?:${digits})(?!\\d)`).test(joined);
};
