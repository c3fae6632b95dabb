import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import type { Session } from "../api/resources.ts";
import { useSession } from "../session/session.tsx";
import { SessionBar } from "../session/session-bar.tsx";
import perch from "../ui/perch.svg";
import { Keys } from "./keys.tsx";

/** A screen in the navigation. */
export interface Entry {
  readonly to: string;
  readonly name: string;
  /** Whether the caller may see it. */
  readonly isFor: (session: Session) => boolean;
}

/** What stands around every screen. */
export const Shell = ({
  entries,
  children,
}: {
  readonly entries: readonly Entry[];
  readonly children: ReactNode;
}) => {
  const [location] = useLocation();
  const session = useSession();
  return (
    <>
      <a className="skip" href="#screen">
        Skip to the screen
      </a>
      <header className="shell">
        <div className="shell-row">
          <Link href="/" className="brand">
            <img src={perch} alt="" width="22" height="22" />
            Perch
          </Link>
          <nav aria-label="Screens">
            {entries
              .filter(({ isFor }) => isFor(session))
              .map(({ to, name }) => (
                <Link
                  key={to}
                  href={to}
                  {...(isShown(location, to) && { "aria-current": "page", ref: showInStrip })}
                >
                  {name}
                </Link>
              ))}
          </nav>
          <div className="shell-end">
            <a href="/docs" className="quiet-link">
              API
            </a>
            <Keys />
          </div>
        </div>
        <SessionBar />
      </header>
      <main id="screen" tabIndex={-1}>
        {children}
      </main>
    </>
  );
};

/** On a phone the entries are a strip wider than the window, and the current one is brought to its middle. */
const showInStrip = (entry: HTMLAnchorElement | null): void => {
  const strip = entry?.parentElement;
  if (entry == null || strip == null) return;
  strip.scrollLeft = entry.offsetLeft - strip.offsetLeft - (strip.clientWidth - entry.clientWidth) / 2;
};

const isShown = (location: string, to: string): boolean =>
  to === "/" ? location === to : location === to || location.startsWith(`${to}/`);
