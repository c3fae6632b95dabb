import type { ImportFormat } from "./read-rows.ts";

const endings = new Map<string, ImportFormat>([
  ["csv", "csv"],
  ["tsv", "csv"],
  ["txt", "csv"],
  ["ndjson", "ndjson"],
  ["jsonl", "ndjson"],
]);

/** The format a file's name stands for, or undefined when only its content can tell. */
export const detectFormat = (fileName: string): ImportFormat | undefined =>
  endings.get(/\.([^./\\]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? "");
