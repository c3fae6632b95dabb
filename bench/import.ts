/**
 * How many rows a second `perch import`, compiled as the package runs it, reads from a CSV file of which every fiftieth
 * row is bad, dry and for real, next to bare `addBulk` of as many jobs with payloads of the same size; and how much
 * memory each takes at its peak.
 *
 *   npm run bench:import [rows]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { generateSealingKey } from "../src/queue/secrets/seal.ts";
import { print, withRedis } from "./processes.ts";

const count = Number(process.argv[2] ?? 1_000_000);
const badEvery = 50;
const goodCount = count - Math.floor(count / badEvery);
const peakEveryMs = 50;
const perch = join(import.meta.dirname, "../dist/main.js");
const floor = join(import.meta.dirname, "import-floor.ts");

const lines = function* () {
  yield "workspaceId,name,wabaId,phoneId,phoneNumber,accessToken\n";
  for (let n = 1; n <= count; n += 1) {
    const workspaceId = `0b6f2f0c-7d1a-4f0e-9c55-${String(n % 50).padStart(12, "0")}`;
    const phoneNumber = n % badEvery === 0 ? "12" : `+1415${2_000_000 + (n % 7_999_999)}`;
    yield `${workspaceId},Acme support ${n},102290129340398,${106540000000000 + n},${phoneNumber},EAAG${"x".repeat(200)}\n`;
  }
};

/** The largest resident memory of a process so far, MiB. Nothing once it has ended, or where /proc is not. */
const peakMib = async (pid: number | undefined): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
};

interface Measured {
  readonly seconds: number;
  readonly peakMib: number;
  readonly said: string;
}

/** Runs a program to its end. */
const measure = async (
  cwd: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Measured> => {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let largest = 0;
  const polling = setInterval(async () => {
    largest = Math.max(largest, await peakMib(child.pid));
  }, peakEveryMs);
  const [said] = await Promise.all([text(child.stdout), once(child, "close")]);
  clearInterval(polling);
  return { seconds: (performance.now() - startMs) / 1000, peakMib: largest, said };
};

const report = (name: string, { seconds, peakMib: peak }: Measured, ratio: string): void =>
  print(
    `${name.padEnd(18)} ${seconds.toFixed(1).padStart(7)} s ${(count / seconds).toFixed(0).padStart(7)} rows/s  peak ${peak.toFixed(0).padStart(4)} MiB${ratio}`,
  );

await withRedis(async (redis, client) => {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "perch-bench-import-"));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "numbers.csv");
  await pipeline(lines, createWriteStream(file));
  const env = { REDIS_URL: redis.url, SEALING_KEYS: generateSealingKey() };
  print(`${count} rows, every ${badEvery}th bad; AOF with fsync always, all processes on this machine`);

  const runPerch = async (...args: readonly string[]): Promise<Measured> => {
    const measured = await measure(folder, [perch, "import", file, ...args], env);
    if (!measured.said.startsWith(`${count} row`)) throw new Error(`perch import said: ${measured.said}`);
    return measured;
  };
  report("import --dry-run", await runPerch("--dry-run"), "");
  const real = await runPerch();
  await client.flushall();
  const bare = await measure(folder, [floor, redis.url, String(goodCount)], {});
  if (bare.said.trim() !== String(goodCount)) throw new Error("the floor did not add its jobs");
  report("import", real, `  ratio ${(bare.seconds / real.seconds).toFixed(2)}`);
  report("bare addBulk", bare, "");
});
