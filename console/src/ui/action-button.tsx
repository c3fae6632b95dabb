import { Button, type ButtonProps } from "react-aria-components";

type Kind = "plain" | "primary" | "danger" | "link";

/** A button that does something; `kind` says how much it stands out. */
export const ActionButton = ({ kind = "plain", ...props }: ButtonProps & { readonly kind?: Kind }) => (
  <Button {...props} className="action" data-kind={kind} />
);
