import { z } from "zod";
import { isUlid } from "./ids.ts";
import { toE164, writtenForms } from "./phone-number.ts";

/** What is typed or pasted into a search box: a whole id or number, or a part of a name, number, id or of metadata. */
export interface SearchText {
  /** The install it names, if it is an id of one. */
  readonly installId: string | undefined;
  /** All forms of the number it names, in E.164; none: it is no whole number. */
  readonly phoneNumbers: readonly string[];
  /** The connector or channel it names, if it is an id of Bird's. */
  readonly birdId: string | undefined;
  /** Whether one of these texts holds it, in any case; a part of a number also with spaces and signs in it. */
  isIn(texts: readonly string[]): boolean;
}

const searchRule = "must be 1 to 255 characters to look for";

/** The text of a search, trimmed. */
export const searchSchema = z.string(searchRule).trim().min(1, searchRule).max(255, searchRule).meta({
  description: "An id, a number in any usual writing, or a part of a name, id, number or metadata value.",
});

const birdIdForm = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const digitsMin = 3;

/** A number as it is written in its own country, with a 0 that it has in no other. */
const nationalForm = /^0[1-9]\d{5,}$/;

export const readSearchText = (text: string): SearchText => {
  const upper = text.toUpperCase();
  const wanted = folded(text);
  const number = toE164(text);
  const forms = number === undefined ? [] : writtenForms(number);
  const digits = /^\+?[\d\s()./-]+$/.test(text) ? text.replaceAll(/\D/g, "") : "";
  const written = [digits, ...(nationalForm.test(digits) ? [digits.slice(1)] : [])];
  const numbers = [
    ...written.filter(({ length }) => length >= digitsMin),
    ...forms.map((form) => form.slice(1)),
  ];
  return {
    installId: isUlid(upper) ? upper : undefined,
    phoneNumbers: forms,
    birdId: birdIdForm.test(text) ? text.toLowerCase() : undefined,
    isIn: (texts) =>
      texts.some((each) => {
        if (folded(each).includes(wanted)) return true;
        const plain = numbers.length === 0 ? "" : each.replaceAll(/[\s()./+-]/g, "");
        return numbers.some((one) => plain.includes(one));
      }),
  };
};

/** A text without its case and its way to write accents. */
export const folded = (text: string): string => text.normalize("NFKC").toLowerCase();
