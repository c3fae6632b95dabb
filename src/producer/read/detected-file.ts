import { z } from "zod";
import { resultColumns } from "../put/columns.ts";
import { foldName, membersOf, suggestMembers } from "./names.ts";

const detectedColumnSchema = z.object({
  column: z.int().meta({ description: "From 1." }),
  name: z.string().optional().meta({
    description: "What the file calls it; absent where the first line has something else than a name.",
  }),
  member: z.string().optional().meta({
    description: "The member of an install request it holds; absent for an unknown column.",
  }),
  isIgnored: z
    .literal(true)
    .optional()
    .meta({ description: "A column of a results file, which is skipped." }),
  suggestions: z
    .array(z.string())
    .optional()
    .meta({ description: "Members an unknown column may hold, the most likely first." }),
});

/** What reading a file has shown of its form. */
export const detectedFileSchema = z
  .object({
    format: z.enum(["csv", "ndjson", "xlsx"]),
    encoding: z
      .enum(["utf-8", "windows-1252", "utf-16le", "utf-16be"])
      .optional()
      .meta({ description: "What its text was read as." }),
    delimiter: z.string().optional().meta({ description: "What separates the cells of CSV." }),
    sheet: z.string().optional().meta({ description: "The sheet of a workbook that is read." }),
    sheets: z
      .array(z.object({ name: z.string(), isHidden: z.boolean() }))
      .optional()
      .meta({ description: "Sheets of a workbook, in the order of their tabs." }),
    columns: z.array(detectedColumnSchema).optional().meta({ description: "Columns of the header." }),
    notes: z
      .array(z.string())
      .optional()
      .meta({ description: "What else to know: columns that are filled, sheets that are not read." }),
  })
  .meta({ id: "DetectedFile", description: "The form of a file, as far as it was read." });

export type DetectedFile = z.infer<typeof detectedFileSchema>;
type DetectedColumn = z.infer<typeof detectedColumnSchema>;

/** Called with each part that becomes known, also of a file that is refused then. */
export type OnDetected = (part: Omit<Partial<DetectedFile>, "format">) => void;

const columnsShownMax = 200;
/** What passes for a name: not the numbers, tokens and texts of a file without a header. */
const namePattern = /^(?=.*\p{L})(?!EAA)[\p{L}\p{N}][\p{L}\p{N} _./#()-]{0,39}$/u;
/** With fewer known names a first line with numbers is a row, in which any cell may be a token. */
const knownNamesMin = 2;
/** Every row has ids and a number; a name of a column has neither. */
const isOfRow = (cell: string): boolean => /\d{4}|@|https?:/.test(cell) || cell.trim().length > 60;
const ignoredNames: ReadonlySet<string> = new Set(resultColumns.map(foldName));

/** The columns of a header, each with the member it holds or those it may hold. */
export const detectColumns = (
  names: readonly string[],
  map: ReadonlyMap<string, string>,
): readonly DetectedColumn[] => {
  const members = membersOf(names, map);
  const knownCount = members.filter((member) => member !== undefined).length;
  const mayBeRow = knownCount < knownNamesMin && names.some(isOfRow);
  return names.slice(0, columnsShownMax).map((given, index) => {
    const trimmed = given.trim();
    const member = members[index];
    const isName = member !== undefined || (!mayBeRow && namePattern.test(trimmed));
    const named = { column: index + 1, ...(isName && { name: trimmed.slice(0, 60) }) };
    if (member !== undefined) return { ...named, member };
    if (ignoredNames.has(foldName(trimmed))) return { ...named, isIgnored: true };
    const suggestions = isName ? suggestMembers(trimmed) : [];
    return suggestions.length === 0 ? named : { ...named, suggestions: [...suggestions] };
  });
};
