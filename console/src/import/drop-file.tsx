import { DropZone, FileTrigger, isFileDropItem, Text } from "react-aria-components";
import { ActionButton } from "../ui/action-button.tsx";
import { Copyable } from "../ui/copyable.tsx";
import { exampleRequest, templateCsv } from "../words/template.ts";

const endings = [".csv", ".tsv", ".txt", ".ndjson", ".jsonl", ".xlsx"];
const header = Object.keys(exampleRequest).join(",");
const template = `data:text/csv;charset=utf-8,${encodeURIComponent(templateCsv)}`;

/** Takes the file. */
export const DropFile = ({ onFile }: { readonly onFile: (file: File) => void }) => (
  <>
    <DropZone
      className="drop"
      getDropOperation={() => "copy"}
      onDrop={({ items }) => {
        const item = items.find(isFileDropItem);
        if (item !== undefined) void item.getFile().then(onFile);
      }}
    >
      <Text slot="label" className="drop-label">
        Drop a CSV, Excel or NDJSON file here
      </Text>
      <FileTrigger
        acceptedFileTypes={endings}
        onSelect={(files) => {
          const [file] = files ?? [];
          if (file !== undefined) onFile(file);
        }}
      >
        <ActionButton kind="primary">Choose a file</ActionButton>
      </FileTrigger>
      <p className="quiet">One number a row. Nothing is sent to Bird before you press Start.</p>
    </DropZone>
    <p className="quiet drop-more">
      Columns may have any names and stand in any order; these are known at once:{" "}
      <Copyable label="the header" value={header} />{" "}
      <a className="link" href={template} download="perch-numbers.csv">
        Download a template
      </a>
    </p>
  </>
);
