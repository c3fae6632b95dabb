import assert from "node:assert/strict";
import { it } from "node:test";
import { validateRow } from "../../../src/producer/put/enqueue-rows.ts";
import { type ColumnOptions, readColumnOptions } from "../../../src/producer/read/column-options.ts";
import type { Encoding } from "../../../src/producer/read/encoding.ts";
import { ImportFileError } from "../../../src/producer/read/errors.ts";

import type { ImportFormat } from "../../../src/producer/read/format.ts";
import { input, readAll } from "./read-harness.ts";

/** An odd file and what becomes of it. */
export interface OddFile {
  readonly what: string;
  readonly content: string | Uint8Array;
  readonly ignoreUnknownColumns?: boolean;
  readonly encoding?: Encoding;
  readonly map?: readonly string[];
  readonly set?: readonly string[];
  readonly accessToken?: string;
  /** The sentence that refuses it, or one entry a row: {@link good}, or its faults as "member message". */
  readonly becomes: string | readonly (Readonly<Record<string, unknown>> | readonly string[])[];
}

/** A row that is taken as the good row of this number, with what is changed in it. */
export const good = (
  number: number,
  change: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => ({ ...input(number), ...change });

/** Reads every odd file in chunks of one byte and of many, and validates its rows as an import does. */
export const testOddFiles = (format: ImportFormat, files: readonly OddFile[]): void => {
  for (const { what, content, becomes, ignoreUnknownColumns = false, encoding, ...given } of files) {
    it(`${what} is ${typeof becomes === "string" ? "refused with a sentence" : "read row by row"}`, async () => {
      const sizes = content.length > 20_000 ? [65_536] : [1, 65_536];
      for (const sizeBytes of sizes) {
        const outcome = await outcomeOf(content, {
          ...{ format, sizeBytes, ignoreUnknownColumns, encoding, columns: columnsOf(given) },
        });
        assert.deepEqual(outcome, becomes);
        assert.ok(typeof outcome !== "string" || !/EAAG|\n/.test(outcome), "a refusal shows no cell");
      }
    });
  }
};

const columnsOf = (given: Pick<OddFile, "map" | "set" | "accessToken">): ColumnOptions => {
  const columns = readColumnOptions(given);
  assert.ok("fill" in columns);
  return columns;
};

const outcomeOf = async (
  content: string | Uint8Array,
  options: Parameters<typeof readAll>[1],
): Promise<unknown> => {
  try {
    const rows = await readAll(content, options);
    assert.deepEqual(
      rows.map(({ row }) => row),
      rows.map((_, index) => index + 1),
    );
    return rows.map((row) => {
      const validated = validateRow(row);
      if ("request" in validated) return validated.request;
      return validated.errors.map(({ path, message }) => `${path.slice(1)} ${message}`.trim());
    });
  } catch (error) {
    assert.ok(error instanceof ImportFileError, String(error));
    return error.message;
  }
};
