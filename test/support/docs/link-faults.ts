import { posix } from "node:path";
import { type Page, readPage } from "./page.ts";
import { readText, repositoryPaths } from "./repository.ts";

/** What a heading's anchor is on GitHub: small letters, punctuation gone, a dash for each space. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
    .replaceAll(" ", "-");

const anchorsOf = ({ prose }: Page): ReadonlySet<string> =>
  new Set([...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading)));

/** Relative links of a page that lead nowhere. */
export const linkFaults = (page: Page): readonly string[] =>
  [...page.prose.matchAll(/\]\(([^()\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page.name : posix.join(posix.dirname(page.name), path);
    if (path !== "" && !repositoryPaths.has(file.replace(/\/$/, ""))) return [`no file ${file}`];
    if (anchor === undefined) return [];
    const other = path === "" ? page : readPage(file, readText(file));
    return anchorsOf(other).has(anchor) ? [] : [`no heading ${file}#${anchor}`];
  });
