import { spawn } from "node:child_process";
import { once } from "node:events";

/** What a test file says of the source. `by` is its first red test; "" when the file ends before it has one. */
export type Verdict =
  | { readonly kind: "green" | "timed out" }
  | { readonly kind: "red"; readonly by: string };

interface Options {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

/** Runs one test file up to its first red test. */
export const runTests = async (file: string, { cwd, env, timeoutMs }: Options): Promise<Verdict> => {
  const flags = ["--test", "--test-isolation=none", "--test-reporter=tap"];
  const child = spawn(process.execPath, [...flags, file], { cwd, env, stdio: ["ignore", "pipe", "ignore"] });
  let verdict: Verdict | undefined;
  const end = (how: Verdict): void => {
    verdict ??= how;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(() => end({ kind: "timed out" }), timeoutMs);
  let report = "";
  child.stdout.on("data", (chunk: Buffer) => {
    report += chunk.toString();
    const [, by] = /^\s*not ok \d+ - (.*)\n/m.exec(report) ?? [];
    if (by !== undefined) end({ kind: "red", by });
    report = report.slice(report.lastIndexOf("\n") + 1);
  });
  const [code] = await once(child, "close");
  clearTimeout(timer);
  return verdict ?? (code === 0 ? { kind: "green" } : { kind: "red", by: "" });
};
