import { readFile } from "node:fs/promises";
import { InputError } from "../../install/errors/input-error.ts";
import { type FaultRule, parseFaultRules } from "./rule.ts";

/**
 * Reads a file of fault rules: a JSON array, UTF-8.
 *
 * @throws {InputError} when the file can't be read, is not JSON, or holds a rule that breaks the schema.
 */
export const readFaultsFile = async (path: string): Promise<readonly FaultRule[]> => {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw unreadable(`cannot be read from ${path}`, cause);
  });
  return parseFaultRules(parseJson(text, path));
};

const parseJson = (text: string, path: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(`in ${path} is not JSON`, cause);
  }
};

const unreadable = (what: string, cause: unknown): InputError =>
  new InputError([
    { path: "", message: `${what}: ${cause instanceof Error ? cause.message : String(cause)}` },
  ]);
