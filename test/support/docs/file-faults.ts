import { z } from "zod";
import type { Page } from "./page.ts";
import { readText, repositoryPaths } from "./repository.ts";

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readText("package.json")));

const paths = [...repositoryPaths];

/** Made by people, and kept out of the repository. */
const own: ReadonlySet<string> = new Set(["deploy/prometheus/perch-api-key"]);

const isThere = (path: string): boolean =>
  repositoryPaths.has(path) || own.has(path) || paths.some((each) => each.endsWith(`/${path}`));

/** Files of the repository and scripts of its package that a page names and that there are not. */
export const fileFaults = ({ blocks, spans }: Page): readonly string[] => {
  // With a folder it is a path of this repository, or one within src/; without, only code and pages are ours.
  const files = spans
    .filter((span) => /^(?:[\w.-]+\/)*[\w.-]+\.(?:ts|mjs|cjs|md|yml|lua)$/.test(span))
    .filter((span) => !isThere(span));
  const folders = spans
    .filter((span) => /^(?:src|test|docs|deploy|bench|examples|bin)\/[\w./-]*$/.test(span))
    .filter((span) => !isThere(span.replace(/\/$/, "")));
  const run = [...spans, ...blocks.map(({ text }) => text)].flatMap((code) =>
    [...code.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)].map(([, script, own]) => script ?? own ?? ""),
  );
  return [
    ...new Set([...files, ...folders].map((name) => `no file ${name}`)),
    ...new Set(run.filter((name) => !(name in scripts)).map((name) => `no script ${name}`)),
  ];
};
