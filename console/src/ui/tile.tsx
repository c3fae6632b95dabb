import type { ReactNode } from "react";
import { ScreenLink } from "./link.tsx";

/** One figure with its name; `to`: the screen with what it counts. */
export const Tile = ({
  name,
  figure,
  to,
  isWide = false,
  children,
}: {
  readonly name: string;
  readonly figure: string;
  readonly to?: string;
  readonly isWide?: boolean;
  readonly children: ReactNode;
}) => (
  <li className="panel tile" data-span={isWide || undefined}>
    <h2>{to === undefined ? name : <ScreenLink to={to}>{name}</ScreenLink>}</h2>
    <p className="figure">{figure}</p>
    <div className="quiet">{children}</div>
  </li>
);
