/**
 * Changes the source in one small place at a time and runs the tests that cover it: a change that no test notices
 * survives and is listed. It works on a copy of the tree and a Redis of its own.
 *
 *   npm run mutation -- src/worker/submit/settle.ts
 *   npm run mutation -- src/worker src/queue/gate --sample 200 --seed 7 --json mutants.json
 *   npm run mutation -- src/queue/workspaces/held-installs.ts --tests test/integration/held-batches.test.ts
 */
import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import { type Mutant, mutantsOf, mutated, sayMutant } from "./mutants.ts";
import { readSurvivors } from "./read-survivors.ts";
import { runTests, type Verdict } from "./run-tests.ts";
import { createTestsOf } from "./tests-of.ts";

const root = join(import.meta.dirname, "../..");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Of all mutants so many, the same ones for the same seed. */
    sample: { type: "string", default: "Infinity" },
    seed: { type: "string", default: "1" },
    /** Run these instead of those that cover the source. */
    tests: { type: "string", multiple: true },
    /** Of those, only unit tests: seconds a mutant become half a second. */
    unit: { type: "boolean", default: false },
    /** Only those that survived in this JSON. */
    survivors: { type: "string" },
    json: { type: "string" },
  },
});

const listFiles = (patterns: readonly string[]): readonly string[] =>
  execFileSync("git", ["ls-files", "-co", "--exclude-standard", "--deduplicate", "--", ...patterns], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file !== "" && existsSync(join(root, file)));

const tell = (line: string): void => {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${line}\n`);
};

const isAsked = values.survivors === undefined ? () => true : readSurvivors(values.survivors);
const sources = listFiles(positionals.length === 0 ? ["src/worker"] : positionals);
const sample = (mutants: readonly Mutant[]): readonly Mutant[] => {
  const drawn = mutants
    .map((mutant, index) => ({ mutant, at: hash("sha1", `${values.seed}/${index}/${sayMutant(mutant)}`) }))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    .slice(0, Number(values.sample));
  const chosen = new Set(drawn.map(({ mutant }) => mutant));
  return mutants.filter((mutant) => chosen.has(mutant));
};
const mutants = sample(
  sources.flatMap((file) => mutantsOf(file, readFileSync(join(root, file), "utf8")).filter(isAsked)),
);

const copy = mkdtempSync(join(tmpdir(), "perch-mutants-"));
for (const file of listFiles(["."])) cpSync(join(root, file), join(copy, file));
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
const redis = await startEmbeddedRedis({
  dataDir: join(copy, ".data/redis"),
  serversDir: join(root, ".data/test"),
  serverBin: process.env.REDIS_SERVER_BIN,
  path: process.env.PATH,
});
const client = new Redis(redis.url.replace("unix://", ""));
const env = {
  ...process.env,
  NODE_COMPILE_CACHE: join(copy, ".data/compile-cache"),
  PERCH_TEST_REDIS_URL: redis.url,
};

let isInterrupted = false;
process.once("SIGINT", () => {
  isInterrupted = true;
  tell("interrupted: the report follows");
});

/** How long each test file takes on the source as it is. A mutant may take twice as long and some seconds more. */
const tookMs = new Map<string, number>();
const slowestMs = 180_000;
const measure = async (test: string): Promise<void> => {
  const startedAtMs = performance.now();
  const verdict = await runTests(test, { cwd: copy, env, timeoutMs: slowestMs });
  if (verdict.kind !== "green")
    throw new Error(`on the source as it is, ${test} ends in ${JSON.stringify(verdict)}`);
  tookMs.set(test, performance.now() - startedAtMs);
  tell(`${test} takes ${Math.round(performance.now() - startedAtMs)} ms`);
};

const testsOf = createTestsOf(root);
/** The tests of a source, the likeliest to notice first: the one that did last, then the quickest. */
const queues = new Map<string, readonly string[]>();

const judge = async (mutant: Mutant): Promise<Verdict> => {
  const { file } = mutant;
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  const tests = queues.get(file) ?? [];
  writeFileSync(path, mutated(text, mutant));
  try {
    for (const test of tests) {
      const timeoutMs = 2 * (tookMs.get(test) ?? 0) + 10_000;
      const verdict = await runTests(test, { cwd: copy, env, timeoutMs });
      await client.flushall();
      if (verdict.kind === "green") continue;
      if (!isUnit(test))
        queues.set(file, [test, ...tests.filter((each) => each !== test)].toSorted(unitsFirst));
      return verdict;
    }
    return { kind: "green" };
  } finally {
    writeFileSync(path, text);
  }
};

const isUnit = (test: string): boolean => test.startsWith("test/unit/");
const unitsFirst = (a: string, b: string): number => Number(isUnit(b)) - Number(isUnit(a));

const verdicts = new Map<Mutant, Verdict>();
try {
  for (const file of new Set(mutants.map((mutant) => mutant.file))) {
    const tests = (values.tests ?? testsOf(file)).filter((test) => isUnit(test) || !values.unit);
    if (tests.length === 0) tell(`no test is known to cover ${file}`);
    for (const test of tests) if (!tookMs.has(test)) await measure(test);
    const byTime = tests.toSorted((a, b) => (tookMs.get(a) ?? 0) - (tookMs.get(b) ?? 0));
    queues.set(file, byTime.toSorted(unitsFirst));
  }
  tell(`${mutants.length} mutants`);
  for (const [index, mutant] of mutants.entries()) {
    if (isInterrupted) break;
    const verdict = await judge(mutant);
    verdicts.set(mutant, verdict);
    if (verdict.kind !== "red")
      tell(`${index + 1} of ${mutants.length} ${verdict.kind}: ${sayMutant(mutant)}`);
  }
} finally {
  client.disconnect();
  await redis.stop();
  rmSync(copy, { recursive: true, force: true });
}

const judged = [...verdicts].map(([mutant, verdict]) => ({ ...mutant, verdict }));
const survived = judged.filter(({ verdict }) => verdict.kind === "green");
const line = (name: string, of: typeof judged): string => {
  const alive = of.filter(({ verdict }) => verdict.kind === "green").length;
  const killed = of.length - alive;
  const share = ((100 * killed) / of.length).toFixed(0);
  return `${name.padEnd(48)}${[of.length, killed, alive, share].map((each) => String(each).padStart(10)).join("")}`;
};
const report = [
  `${"".padEnd(48)}${["mutants", "killed", "survived", "%"].map((each) => each.padStart(10)).join("")}`,
  ...[...Map.groupBy(judged, ({ file }) => file)].map(([file, of]) => line(file, of)),
  line("all", judged),
  ...["", "Survived:"].slice(survived.length > 0 ? 0 : 2),
  ...survived.map(sayMutant),
];
process.stdout.write(`${report.join("\n")}\n`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(judged, undefined, 2)}\n`);
