import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const repository = join(import.meta.dirname, "../..");

/** A `perch` command that runs, or has run. */
export interface Perch {
  readonly process: ChildProcess;
  /** Resolves with what it printed so far, once that matches. Rejects when it ends before. */
  prints(pattern: RegExp): Promise<string>;
  /** Resolves when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

interface RunOptions {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  /** The user it runs as, which only root can choose. */
  readonly uid?: number;
}

export interface PerchFolder {
  readonly dir: string;
  run(args: readonly string[], options?: RunOptions): Perch;
}

/**
 * Runs a test in a folder of its own, where `perch` starts its own private Redis from the server that the
 * tests have found already. Whatever was started is ended.
 */
export const withPerchFolder = async (test: (folder: PerchFolder) => Promise<void>): Promise<void> => {
  const dir = await mkdtemp(join(tmpdir(), "perch-e2e-"));
  const started: Perch[] = [];
  const found = join(repository, ".data/test/redis-bin");
  await mkdir(join(dir, ".data"), { mode: 0o700 });
  if (existsSync(found)) await symlink(found, join(dir, ".data/redis-bin"));
  try {
    await test({
      dir,
      run: (args, options) => {
        const perch = spawnPerch(dir, args, options);
        started.push(perch);
        return perch;
      },
    });
  } finally {
    for (const { process: child } of started) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
    }
    await rm(dir, { recursive: true, force: true });
  }
};

const spawnPerch = (cwd: string, args: readonly string[], options: RunOptions = {}): Perch => {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, ["--", join(repository, "src/main.ts"), ...args], {
    cwd,
    // Any free port: tests run side by side.
    env: { PATH, HOME, NODE_COMPILE_CACHE, WORKER_PORT: "0", WEBHOOK_ADMIN_PORT: "0", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    child.emit("printed");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    child.emit("printed");
  });
  child.stdin.end(options.stdin ?? "");
  const ended = once(child, "close").then(([code]) => ({
    code: typeof code === "number" ? code : null,
    stdout,
    stderr,
  }));
  const prints = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const text = stdout + stderr;
      if (pattern.test(text)) return text;
      const isOver = await Promise.race([once(child, "printed").then(() => false), ended.then(() => true)]);
      if (isOver && !pattern.test(stdout + stderr))
        throw new Error(`perch ended without printing ${pattern}: ${stdout}${stderr}`);
    }
  };
  return { process: child, prints, ended };
};
