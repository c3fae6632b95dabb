import { readFile, writeFile } from "node:fs/promises";

const file = new URL("./decisions.md", import.meta.url);
const unsorted = "**Not under a theme yet**";
const widthMax = 120;

/** Words within backticks stay together, so that no line breaks inside a name. */
const wrap = (text: string): string => {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
    if (line !== "" && line.length + 1 + word.length > widthMax) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
};

/** A paragraph for the decision, its reasons, the alternative, the cost, and when to look at it again. */
const bodyOf = (text: string): string =>
  text
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll(/\s+/g, " ").trim())
    .flatMap((paragraph) =>
      paragraph.split(/ (?=_(?:Because|Instead of|Costs|Revisit (?:when|at)|Revisited)_)/),
    )
    .filter((paragraph) => paragraph !== "")
    .map(wrap)
    .join("\n\n");

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
    .replaceAll(" ", "-");

const titleOf = (heading: string): string => heading.replace(/^[\d-]+ (?:· )?/, "");

/** The page with a paragraph for each part of an entry, and every entry in the contents. */
export const decisionsPage = (page: string): string => {
  const [head = "", ...sections] = page.split(/^## (?=\d{4}-)/m);
  const entries = sections.map((section) => {
    const [heading = ""] = section.split("\n", 1);
    return { heading: heading.trim(), body: bodyOf(section.slice(heading.length)) };
  });
  const missing = entries
    .filter(({ heading }) => !head.includes(`](#${anchorOf(heading)})`))
    .map(({ heading }) => `- [${titleOf(heading)}](#${anchorOf(heading)})`);
  const contents = head.trimEnd();
  const start =
    contents.includes(unsorted) || missing.length === 0 ? contents : `${contents}\n\n${unsorted}\n`;
  return `${[
    [start, ...missing].join("\n"),
    ...entries.map(({ heading, body }) => `## ${heading}\n\n${body}`),
  ].join("\n\n")}\n`;
};

if (import.meta.main) await writeFile(file, decisionsPage(await readFile(file, "utf8")));
