import { installExamples } from "./install-body.ts";

const [{ metadata, ...row }] = installExamples;
const cells = Object.values(row);

/** Files that work as they stand, by content type. */
export const uploadExamples = {
  "text/csv": {
    description:
      "UTF-8, a header that names the columns in any order, separated by commas, semicolons, tabs or `|`. The columns are the members of an install request.",
    examples: [
      `${Object.keys(row).join()}\n${cells.join()}\n`,
      `${Object.keys(row).join(";")}\n${cells.join(";")}\n`,
    ],
  },
  "application/x-ndjson": {
    description: "UTF-8, one JSON object a line with the members of an install request.",
    examples: [`${JSON.stringify(row)}\n`, `${JSON.stringify({ ...row, metadata })}\n`],
  },
} as const;
