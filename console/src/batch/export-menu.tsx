import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import type { Batch } from "../api/resources.ts";
import { Glyph } from "../ui/icon.tsx";
import { countText } from "../words/counts.ts";

const formats = [
  ["csv", "CSV"],
  ["xlsx", "Excel"],
] as const;

/** The results of a batch as files. */
export const ExportMenu = ({ batch }: { readonly batch: Batch }) => {
  const { id, rows, failed, rejected } = batch;
  const kinds = [
    ["", "All rows", rows],
    ["failed", "Failed rows", failed],
    ["rejected", "Rows to correct", rejected],
  ] as const;
  const files = kinds.flatMap(([status, what, count]) =>
    formats.map(([format, word]) => ({
      id: `${status} ${format}`,
      href: `/v1/batches/${id}/results?format=${format}${status === "" ? "" : `&status=${status}`}`,
      text: `${what} as ${word} (${countText(count)})`,
      isEmpty: count === 0,
    })),
  );
  return (
    <MenuTrigger>
      <Button className="action">
        Export <Glyph name="chevron" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu
          className="choices"
          items={files}
          disabledKeys={files.filter(({ isEmpty }) => isEmpty).map((file) => file.id)}
        >
          {({ href, text }) => (
            <MenuItem href={href} download="" textValue={text} className="choice">
              {text}
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
};
