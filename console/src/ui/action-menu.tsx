import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { Glyph } from "./icon.tsx";

/** Things that can be done with one row, behind one button. */
export const ActionMenu = <Id extends string>({
  label,
  items,
  onAction,
}: {
  readonly label: string;
  readonly items: readonly { readonly id: Id; readonly text: string }[];
  readonly onAction: (id: Id) => void;
}) => (
  <MenuTrigger>
    <Button className="action" data-kind="link" aria-label={label}>
      Actions
      <Glyph name="chevron" />
    </Button>
    <Popover className="popover">
      <Menu className="choices" aria-label={label}>
        {items.map(({ id, text }) => (
          <MenuItem key={id} id={id} className="choice" onAction={() => onAction(id)}>
            {text}
          </MenuItem>
        ))}
      </Menu>
    </Popover>
  </MenuTrigger>
);
