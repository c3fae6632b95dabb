import type { ReactNode } from "react";
import { Link } from "wouter";

/** A link to a screen of the console. */
export const ScreenLink = ({
  to,
  children,
  label,
}: {
  readonly to: string;
  readonly children: ReactNode;
  readonly label?: string;
}) => (
  <Link href={to} className="link" aria-label={label}>
    {children}
  </Link>
);
