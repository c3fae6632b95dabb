import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { globalSetup, globalTeardown } from "./support/global-setup.ts";

/**
 * Runs test files on one Redis and prints the reports and their totals. With `--processes` a few processes share the
 * files, because a process for every file would spend more on starting than on testing; with `--alone` every file has a
 * process of its own, so many at a time. A run always ends: a test is given minutes, and a process that is still there
 * after `--limit-minutes`, because a test left something open, is stopped, which prints what it has seen, and fails.
 *
 *     node test/run.ts [--processes 4 | --alone 4] [--limit-minutes 15] PATTERN...
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    processes: { type: "string", default: "4" },
    alone: { type: "string" },
    "limit-minutes": { type: "string", default: "15" },
  },
});
const root = join(import.meta.dirname, "..");
const files = globSync(positionals, { cwd: root }).sort();
const isAlone = values.alone !== undefined;
const count = isAlone ? 1 : Math.min(Number(values.processes), files.length);
const limitMinutes = Number(values["limit-minutes"]);
if (![count, Number(values.alone ?? 1)].every((n) => Number.isInteger(n) && n > 0) || !(limitMinutes > 0)) {
  process.stderr.write("Give patterns of test files that exist, and numbers above 0.\n");
  process.exit(2);
}

/** What a process printed as its summary: `ℹ tests 12`. */
const summaryOf = (report: string): ReadonlyMap<string, number> =>
  new Map([...report.matchAll(/^ℹ (\w+) (\d+)$/gm)].map(([, name = "", value]) => [name, Number(value)]));

/** The files of each process: the longest first, each to the process that has the fewest bytes. */
const shares = Array.from({ length: count }, () => ({ bytes: 0, files: [] as string[] }));
const sized = files.map((file) => ({ file, bytes: statSync(join(root, file)).size }));
for (const { file, bytes } of sized.sort((a, b) => b.bytes - a.bytes)) {
  const least = shares.reduce((few, share) => (share.bytes < few.bytes ? share : few));
  least.files.push(file);
  least.bytes += bytes;
}

const sharing = ["--test-isolation=none", "--test-timeout=120000"];
const alone = [`--test-concurrency=${values.alone}`, "--test-timeout=600000"];

const runProcess = async (share: readonly string[], number: number) => {
  const startedAtMs = performance.now();
  const flags = ["--test", "--test-reporter=spec", ...(isAlone ? alone : sharing)];
  const child = spawn(process.execPath, [...process.execArgv, ...flags, ...share], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let isOverdue = false;
  const stop = () => {
    isOverdue = true;
    child.kill("SIGTERM");
  };
  const limit = setTimeout(stop, limitMinutes * 60_000);
  const closed = once(child, "close");
  let report = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    report += chunk;
    if (count === 1) process.stdout.write(chunk);
  }
  const [code] = await closed;
  clearTimeout(limit);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
  if (count > 1) process.stdout.write(report);
  const overdue = isOverdue ? ", stopped: a test of these files hangs or left something open" : "";
  process.stdout.write(`\nprocess ${number} of ${count}: exit ${code} after ${seconds} s${overdue}\n\n`);
  return { hasPassed: code === 0 && !isOverdue, summary: summaryOf(report) };
};

await globalSetup();
const processes = await Promise.all(
  shares.map((share, index) => runProcess(share.files.toSorted(), index + 1)),
);
await globalTeardown();

for (const name of ["tests", "pass", "fail", "cancelled", "skipped", "todo"]) {
  const total = processes.reduce((sum, { summary }) => sum + (summary.get(name) ?? 0), 0);
  process.stdout.write(`ℹ ${name} ${total}\n`);
}
const hasRun = processes.every(({ summary }) => (summary.get("tests") ?? 0) > 0);
process.exitCode = hasRun && processes.every(({ hasPassed }) => hasPassed) ? 0 : 1;
