import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import type { ImportFormat } from "../../src/producer/read/format.ts";
import { readRows } from "../../src/producer/read/rows.ts";
import { resultsContent } from "../../src/producer/results/file.ts";
import { installRequest } from "../support/request.ts";

const run = promisify(execFile);

const isInstalled = await run("soffice", ["--version"]).then(
  () => true,
  () => false,
);
const skip = isInstalled ? false : "LibreOffice is not installed: apt-get install libreoffice-calc";

const { accessToken, ...first } = installRequest(0);
const columns = ["workspaceId", "name", "wabaId", "phoneId", "phoneNumber", "metadata"];

/** Rows whose cells a spreadsheet would change, if it took them for numbers, dates or formulas. */
const inputs = [
  { ...first, name: "Müller & Söhne", phoneId: "106540352242922" },
  { ...first, name: "0049", wabaId: "1065403522429221", phoneId: "10654035224292217" },
  { ...first, name: "=1+1", phoneId: "106540352242924", metadata: { customer: "007" } },
  { ...first, name: "1/2", phoneId: "106540352242925" },
  { ...first, name: "May 5", phoneId: "00106540352242926" },
  { ...first, name: "1E5", phoneId: "106540352242927" },
  { ...first, name: '"Shop", the; one\ttoo', phoneId: "106540352242928" },
  { ...first, name: "'24", phoneId: "106540352242929" },
];

async function* results() {
  for (const [index, input] of inputs.entries())
    yield { row: index + 1, line: index + 2, status: "failed", errorMessage: "+1 is no sum", input } as const;
}

const endings = { csv: "csv:Text - txt - csv (StarCalc):59,34,76,1", xlsx: "xlsx" } as const;

/** Opens a file as a person would and saves it again, with numbers in every notation recognised. */
const resave = async (
  folder: string,
  file: { readonly from: ImportFormat; readonly delimiter: string; readonly to: "csv" | "xlsx" },
): Promise<Uint8Array> => {
  const separator = file.delimiter.charCodeAt(0);
  const asText = file.from === "csv" ? [`--infilter=CSV:${separator},34,76,1,,1033,false,true`] : [];
  const saved = join(folder, `saved-${file.from}-${separator}-${file.to}`);
  const profile = `-env:UserInstallation=file://${join(folder, "profile")}`;
  await run(
    "soffice",
    [
      profile,
      "--headless",
      ...asText,
      "--convert-to",
      endings[file.to],
      "--outdir",
      saved,
      join(folder, `results.${file.from}`),
    ],
    { timeout: 120_000 },
  );
  return readFile(join(saved, `results.${file.to}`));
};

for (const [from, delimiter] of [
  ["csv", ","],
  ["csv", ";"],
  ["csv", "\t"],
  ["xlsx", ","],
] as const)
  for (const to of ["csv", "xlsx"] as const)
    test(`${from} results separated by ${JSON.stringify(delimiter)} lose nothing when LibreOffice saves them as ${to}`, {
      skip,
    }, async () => {
      const folder = await mkdtemp(join(tmpdir(), "perch-sheets-"));
      try {
        await writeFile(
          join(folder, `results.${from}`),
          resultsContent(results(), from, { delimiter, columns }),
        );
        const saved = await resave(folder, { from, delimiter, to });
        const chunks = async function* () {
          yield saved;
        };
        const filled = { map: new Map<string, string>(), fill: { accessToken } };
        const rows = await Array.fromAsync(readRows(chunks(), { format: to, columns: filled }));
        assert.deepEqual(
          rows.map(({ input }) => input),
          inputs.map((input) => ({ ...input, accessToken })),
        );
      } finally {
        await rm(folder, { recursive: true });
      }
    });
