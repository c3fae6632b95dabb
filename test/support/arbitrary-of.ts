import * as fc from "fast-check";
import { z } from "zod";

const partSchema = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  oneOf: z.array(z.record(z.string(), z.unknown())).optional(),
  pattern: z.string().optional(),
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.union([z.boolean(), z.record(z.string(), z.unknown())]).optional(),
  items: z.record(z.string(), z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.number().optional(),
});

type Part = z.output<typeof partSchema>;

/** Values that a JSON Schema allows, as far as the API's own schemas use JSON Schema; now and then one it does not. */
export const arbitraryOf = (schema: Readonly<Record<string, unknown>>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 12, arbitrary: fittingOf(partSchema.parse(schema)) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
  );

const fittingOf = (part: Part): fc.Arbitrary<unknown> => {
  if (part.enum !== undefined) return fc.constantFrom(...part.enum);
  if (part.oneOf !== undefined) return fc.oneof(...part.oneOf.map(arbitraryOf));
  switch (part.type) {
    case "object":
      return objectOf(part);
    case "array":
      return fc.array(arbitraryOf(part.items ?? {}), { maxLength: 4 });
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: (part.minimum ?? 0) - 1, max: (part.maximum ?? 100) + 1 });
    case "number":
      return fc.double({ min: part.minimum ?? 0, max: part.maximum ?? 100, noNaN: true });
    case "string":
      return textOf(part);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
};

/** Texts the API has a form for, besides what the schema says. */
const telling = [
  "102290129340398",
  "+14155550123",
  "00 1 415 555 0124",
  "https://crm.example/x",
  "http://10.0.0.1/",
  "",
];

const textOf = ({ pattern, maxLength }: Part): fc.Arbitrary<string> =>
  fc.oneof(
    ...(pattern === undefined ? [] : [fc.stringMatching(new RegExp(pattern), { size: "small" })]),
    fc.constantFrom(...telling),
    fc.string({ unit: "grapheme", maxLength: 30 }),
    ...(maxLength === undefined || maxLength > 5000
      ? []
      : [fc.constantFrom("x".repeat(maxLength), "x".repeat(maxLength + 1))]),
  );

const objectOf = ({ properties = {}, required = [], additionalProperties }: Part): fc.Arbitrary<unknown> => {
  if (typeof additionalProperties === "object" && Object.keys(properties).length === 0)
    return fc.dictionary(fc.string({ maxLength: 10 }), arbitraryOf(additionalProperties), { maxKeys: 4 });
  const members = Object.entries(properties).map(([name, schema]) => [name, arbitraryOf(schema)] as const);
  return fc.record(Object.fromEntries(members), { requiredKeys: required });
};
