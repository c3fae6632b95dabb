import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";

interface Setting {
  readonly section: string;
  readonly name: string;
  readonly value: string;
  /** Processes that read it; empty when its comment does not begin with them. */
  readonly readers: readonly string[];
  readonly meaning: string;
}

const introduction = `# Settings

Made from \`.env.example\` by \`npm run docs\`. Settings come from the environment, and from \`.env\` if there is one; an empty
value counts as not set. All invalid settings are named together when a command starts, never with their values.

\`.env\` of the working directory is read if it and its folder belong to the user who runs the command, or to root, and
no others can write them; \`--env-file FILE\` names another, by the same rules. Which file was read, or why not, is printed on
standard error. Only settings are read from it, only those the environment does not set, and no program to run. A
file may not redirect a key that it does not hold: \`BIRD_API_URL\` is set in one place with \`BIRD_ACCESS_KEY\` and
\`SEALING_KEYS\`, \`META_GRAPH_URL\` with \`META_APP_SECRET\`, and a collector's address with its headers.

"Read by" names the processes that act on a setting; \`perch start\` is all of them in one. Other commands read what they
need of the same settings.

A setting that says "Or as a file" holds a secret: \`NAME_FILE\` is then the path of a file that holds its value, such as
\`BIRD_ACCESS_KEY_FILE=/run/secrets/bird-access-key\`, and the secret need not be in the environment. Line ends at the end
of the file are ignored. Setting both is refused, as is a file that is empty, larger than 1 MiB, not text, a folder, or
not there. See [deploy.md](deploy.md).

Names ending in \`_MS\` are milliseconds. Give every process the same values: nothing
else keeps budgets, retention and keys equal.`;

/** The settings of \`.env.example\`: each commented out, below the comment that says who reads it and what it means. */
export const exampleSettings = (): readonly Setting[] => {
  const text = readFileSync(new URL("../.env.example", import.meta.url), "utf8");
  return text.split(/^# --- (?=.+ ---$)/m).flatMap((part) => {
    const [heading = "", ...lines] = part.split("\n");
    const section = heading.replace(/ ---$/, "");
    return [
      ...lines.join("\n").matchAll(/((?:^# (?![A-Z][A-Z0-9_]+=).+\n)*)^# ([A-Z][A-Z0-9_]+)=(.*)$/gm),
    ].map(([, comment = "", name = "", value = ""]) => {
      const words = comment.replaceAll(/^# /gm, "").trim().replaceAll(/\s+/g, " ");
      const [, readers = "", meaning = words] = /^\[([a-z, ]+)\] (.+)$/.exec(words) ?? [];
      return { section, name, value, readers: readers.split(", ").filter(Boolean), meaning };
    });
  });
};

const rowOf = ({ name, value, readers, meaning }: Setting): string =>
  `| \`${name}\` | ${value === "" ? "not set" : `\`${value}\``} | ${readers.join(", ")} | ${meaning} |`;

/** `docs/settings.md`, made from `.env.example` so that the two cannot differ. `npm run docs` writes it. */
export const settingsPage = (): string => {
  const sections = Map.groupBy(exampleSettings(), ({ section }) => section);
  return `${[
    introduction,
    ...[...sections].flatMap(([section, settings]) => [
      "",
      `## ${section}`,
      "",
      "| setting | default | read by | meaning |",
      "| --- | --- | --- | --- |",
      ...settings.map(rowOf),
    ]),
  ].join("\n")}\n`;
};

if (import.meta.main) await writeFile(new URL("./settings.md", import.meta.url), settingsPage());
