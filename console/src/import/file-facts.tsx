import { ActionButton } from "../ui/action-button.tsx";
import { Facts } from "../ui/facts.tsx";
import { SelectOne } from "../ui/select.tsx";
import type { WizardPart } from "./draft.ts";

const encodings = [
  { id: "utf-8", text: "UTF-8" },
  { id: "windows-1252", text: "Windows-1252 (Western Europe)" },
  { id: "iso-8859-1", text: "ISO-8859-1" },
  { id: "utf-16le", text: "UTF-16 LE" },
  { id: "utf-16be", text: "UTF-16 BE" },
];
const formats = { csv: "CSV", ndjson: "NDJSON", xlsx: "Excel workbook" } as const;
const separators: Readonly<Record<string, string>> = {
  ",": "comma",
  ";": "semicolon",
  "\t": "tab",
  "|": "vertical bar",
};

/** How the file was read, and what can be said about that. */
export const FileFacts = ({
  draft,
  file,
  change,
  onOther,
}: WizardPart & { readonly onOther: () => void }) => {
  const { encoding, delimiter, sheet, sheets, notes } = file ?? {};
  return (
    <section className="panel" aria-labelledby="file">
      <div className="panel-head">
        <h2 id="file" dir="auto" className="file-name">
          {draft.file.name}
        </h2>
        <ActionButton onPress={onOther}>Another file</ActionButton>
      </div>
      <Facts
        facts={[
          ["Read as", file && formats[file.format]],
          ["Separator", delimiter && (separators[delimiter] ?? delimiter)],
          [
            "Encoding",
            file !== undefined && file.format !== "xlsx" && (
              <SelectOne
                label="Encoding"
                none={`${encoding?.toUpperCase() ?? "UTF-8"}, as found`}
                choices={encodings}
                value={draft.encoding}
                onChange={(chosen) => change({ encoding: chosen }, true)}
              />
            ),
          ],
          [
            "Sheet",
            sheets !== undefined && (
              <SelectOne
                label="Sheet"
                none={sheet ?? "The first"}
                choices={sheets.map(({ name, isHidden }) => ({
                  id: name,
                  text: isHidden ? `${name} (hidden)` : name,
                }))}
                value={draft.sheet}
                onChange={(chosen) => change({ sheet: chosen, edits: {} }, true)}
              />
            ),
          ],
          [
            "At Meta",
            <label key="meta">
              <input
                type="checkbox"
                checked={draft.asksMeta}
                onChange={({ currentTarget }) => change({ asksMeta: currentTarget.checked }, true)}
              />{" "}
              Ask Meta about each number
            </label>,
          ],
          ["Note", notes?.join(" ")],
        ]}
      />
    </section>
  );
};
