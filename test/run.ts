import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { globalSetup, globalTeardown } from "./support/global-setup.ts";

/**
 * Runs test files in a few processes at once, each with many files, on one Redis: a process for every file would spend
 * more on starting than on testing. Prints each process's report when it ends, and the totals.
 *
 *     node test/run.ts [--processes 4] PATTERN...
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    processes: { type: "string", default: "4" },
  },
});
const root = join(import.meta.dirname, "..");
const files = globSync(positionals, { cwd: root }).sort();
const count = Math.min(Number(values.processes), files.length);
if (!Number.isInteger(count) || count < 1) {
  process.stderr.write("Give patterns of test files that exist, and --processes of 1 or more.\n");
  process.exit(2);
}

/** What a process printed as its summary: `ℹ tests 12`. */
const summaryOf = (report: string): ReadonlyMap<string, number> =>
  new Map([...report.matchAll(/^ℹ (\w+) (\d+)$/gm)].map(([, name = "", value]) => [name, Number(value)]));

const runShard = async (number: number) => {
  const startedAtMs = performance.now();
  const flags = [
    "--test",
    "--test-isolation=none",
    `--test-shard=${number}/${count}`,
    "--test-reporter=spec",
  ];
  const child = spawn(process.execPath, [...process.execArgv, ...flags, ...files], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [report, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
  process.stdout.write(`${report}\nprocess ${number} of ${count}: exit ${code} after ${seconds} s\n\n`);
  return { code, summary: summaryOf(report) };
};

await globalSetup();
const shards = await Promise.all(Array.from({ length: count }, (_, index) => runShard(index + 1)));
await globalTeardown();

for (const name of ["tests", "pass", "fail", "cancelled", "skipped", "todo"]) {
  const total = shards.reduce((sum, { summary }) => sum + (summary.get(name) ?? 0), 0);
  process.stdout.write(`ℹ ${name} ${total}\n`);
}
const hasRun = shards.every(({ summary }) => (summary.get("tests") ?? 0) > 0);
process.exitCode = hasRun && shards.every(({ code }) => code === 0) ? 0 : 1;
