import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import type { z } from "zod";

/** The folder everything is in. */
export const repository = join(import.meta.dirname, "../../..");

export const readText = (path: string): string => readFileSync(join(repository, path), "utf8");

/** The file's one document, with its anchors and merges resolved. */
export const readYaml = <T>(path: string, schema: z.ZodType<T>): T =>
  schema.parse(parse(readText(path), { merge: true }));

/** Every document of a text. */
export const yamlDocuments = (text: string): readonly unknown[] =>
  parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
