import { writeFile } from "node:fs/promises";
import { errorCatalogue } from "../src/install/errors/error-catalogue.ts";

/** `docs/errors.md`, made from the catalogue so that the two cannot differ. `npm run docs` writes it. */
export const errorsPage = (): string => {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { message, source, actor, action, retryable }]) =>
      `| \`${code}\` | ${message} | ${source} | ${actor} | ${action} | ${retryable ? "yes" : "no"} |`,
  );
  return `${[
    "# Error codes",
    "",
    "Made from `src/install/errors/error-catalogue.ts` by `npm run docs`. Branch on the code, never on the text.",
    "",
    "Who acts: `us` is the team that runs Perch or sends it requests, `operator` the one that manages the Bird workspace, `customer` the number's owner, `bird` Bird.",
    "",
    "| code | what happened | where it comes from | who acts | what to do | may a retry succeed |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n")}\n`;
};

if (import.meta.main) await writeFile(new URL("./errors.md", import.meta.url), errorsPage());
