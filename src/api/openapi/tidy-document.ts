import { jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import { parameterExample } from "./examples/parameters.ts";

/** Where a route's document carries example requests until it is tidied: the library omits what stands beside a $ref. */
export const examplesKey = "x-body-examples";

/** Marks a route whose body is optional; the library documents every body as required. */
export const optionalBody = { "x-optional-body": true } as const;

const jsonBodySchema = z.looseObject({ content: z.object({ "application/json": z.looseObject({}) }) });

type OpenApiDocument = ReturnType<typeof jsonSchemaTransformObject>;

const parametersSchema = z.array(z.looseObject({ name: z.string() }));

const describeOperations: typeof jsonSchemaTransformObject = (input) => {
  const document = jsonSchemaTransformObject(input);
  const operations = Object.values(document.paths ?? {}).flatMap((item) => Object.values(item ?? {}));
  for (const operation of operations) {
    if (!isRecord(operation)) continue;
    const { [examplesKey]: examples, "x-optional-body": isOptional } = operation;
    if (isOptional === true && isRecord(operation.requestBody)) operation.requestBody.required = false;
    if (examples !== undefined) {
      const { content, ...body } = jsonBodySchema.parse(operation.requestBody);
      const json = { ...content["application/json"], examples };
      operation.requestBody = { ...body, content: { "application/json": json } };
    }
    if (operation.parameters !== undefined) operation.parameters = withExamples(operation);
    delete operation[examplesKey];
    delete operation["x-optional-body"];
  }
  tidyComponents(document);
  return document;
};

const withExamples = (operation: Readonly<Record<string, unknown>>): unknown =>
  parametersSchema.parse(operation.parameters).map((parameter) => {
    const example = parameterExample(operation, parameter.name);
    return example === undefined ? parameter : { ...parameter, example };
  });

/** The library writes every component twice, as input and as output, in the order in which modules are loaded. */
const tidyComponents = (document: OpenApiDocument): void => {
  if (!("components" in document) || document.components === undefined) return;
  const schemas = Object.fromEntries(
    Object.entries(document.components.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  document.components.schemas = schemas;
  const isUsed = (name: string): boolean =>
    JSON.stringify({
      ...document,
      components: Object.entries(schemas).filter(([other]) => other !== name),
    }).includes(refTo(name));
  for (;;) {
    const unused = Object.keys(schemas).filter((name) => !isUsed(name));
    if (unused.length === 0) return;
    for (const name of unused) delete schemas[name];
  }
};

const refTo = (name: string): string => `"#/components/schemas/${name}"`;

const documentSchema = z.looseObject({
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

/** The library calls what is sent `…Input`, also where nothing of that name is answered. */
const withPlainNames = (document: OpenApiDocument): typeof document => {
  const { schemas } = documentSchema.parse(document).components;
  let text = JSON.stringify(document);
  for (const name of Object.keys(schemas)) {
    const plain = name.replace(/Input$/, "");
    if (plain === name || plain in schemas) continue;
    text = text
      .replaceAll(refTo(name), refTo(plain))
      .replace(`${JSON.stringify(name)}:`, `${JSON.stringify(plain)}:`);
  }
  return JSON.parse(text, (name, value: unknown) => (isBoundOfIntegers(name, value) ? undefined : value));
};

/** The library gives every integer the bounds within which JavaScript counts exactly. */
const isBoundOfIntegers = (name: string, value: unknown): boolean =>
  (name === "minimum" || name === "maximum") && Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Finishes the document: examples, and components once each under the names that the code gives them. */
export const tidyDocument: typeof jsonSchemaTransformObject = (input) =>
  withPlainNames(describeOperations(input));
