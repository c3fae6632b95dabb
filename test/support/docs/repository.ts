import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Page, readPage } from "./page.ts";

const root = join(import.meta.dirname, "../../..");

/** What the projects inside the repository have installed is not its own. */
const withoutPackages = { cwd: root, exclude: ["**/node_modules"] };

/** Text of a file of the repository. */
export const readText = (path: string): string => readFileSync(join(root, path), "utf8");

/** Every file and folder of the repository that belongs to it, by path. */
export const repositoryPaths: ReadonlySet<string> = new Set([
  ...globSync("*", { cwd: root }),
  ...globSync(
    "{.ci,.github,bench,bin,console,deploy,docs,examples,packages/producer,src,test}/**",
    withoutPackages,
  ),
  ...[".env.example", ".dependency-cruiser.cjs", ".ci", ".npmrc", ".data", ".env"],
]);

/** The pages that are checked against the code. The change log is not: it describes former versions. */
export const docPages: readonly Page[] = [
  "{README,CONTRIBUTING,AGENTS,SECURITY}.md",
  "{docs,deploy,bench}/**/*.md",
]
  .flatMap((pattern) => globSync(pattern, withoutPackages))
  .map((name) => readPage(name, readText(name)));

/** Other files that name commands or settings. */
export const noteFiles = [".env.example", "docker-compose.yml", "deploy/prometheus/alerts.yml"] as const;
