import { distinct, type Variant } from "./variant.ts";

const fix =
  "Pass the messagebird-request-timestamp header on as it is: the text is signed, Unix seconds in decimal digits.";

/** The timestamp as given, and as it may have been before it was reformatted. */
export const timestampVariants = (timestamp: string): readonly Variant<string>[] => {
  const trimmed = timestamp.trim();
  const variant = (value: string, found: string): Variant<string> => ({
    value,
    difference: { part: "timestamp", found, fix },
  });
  return distinct(
    [
      { value: timestamp },
      variant(trimmed, "signed over the timestamp without the spaces around it"),
      ...converted(trimmed).map(([value, found]) => variant(value, found)),
    ],
    (value) => value,
  );
};

const converted = (text: string): readonly (readonly [string, string])[] => {
  if (!/^\d{1,16}(\.\d+)?$/.test(text)) {
    const ms = Date.parse(text);
    if (Number.isNaN(ms)) return [];
    return [
      [String(Math.floor(ms / 1000)), "signed over the timestamp in Unix seconds, not as a date"],
      [String(ms), "signed over the timestamp in Unix milliseconds, not as a date"],
    ];
  }
  const number = Number(text);
  return [
    [String(Math.floor(number / 1000)), "signed over the timestamp in seconds, not milliseconds"],
    [String(Math.round(number / 1000)), "signed over the timestamp in seconds, rounded up, not milliseconds"],
    [String(number * 1000), "signed over the timestamp in milliseconds, not seconds"],
    [String(Math.floor(number)), "signed over the timestamp in whole seconds"],
    [text.replace(/^0+(?=\d)/, ""), "signed over the timestamp without leading zeros"],
  ];
};
