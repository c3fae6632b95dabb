import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { z } from "zod";
import { withPerchFolder } from "../support/perch.ts";
import { until } from "../support/until.ts";

const repository = join(import.meta.dirname, "../..");
const textOf = (file: string): string => readFileSync(join(repository, file), "utf8");
const packageSchema = z.object({ scripts: z.record(z.string(), z.string()) });
const { scripts } = packageSchema.parse(JSON.parse(textOf("package.json")));

/** Ports of 127.0.0.1 a process listens on; from Linux's tables, as no other program need be there. */
const listeningPorts = async (pid: number): Promise<readonly number[]> => {
  const files = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => "")));
  const inodes = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
  const rows = (await readFile(`/proc/${pid}/net/tcp`, "utf8")).trim().split("\n").slice(1);
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((cells) => cells[3] === "0A" && inodes.has(cells[9]))
    .map((cells) => Number.parseInt(cells[1]?.split(":")[1] ?? "", 16));
};

/** Whether no signal is pending, except those the process ignores. */
const hasTakenSignals = async (pid: number): Promise<boolean> => {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const masks = (name: RegExp) => [...status.matchAll(name)].map(([, mask = ""]) => BigInt(`0x${mask}`));
  const [blocked = 0n] = masks(/^SigBlk:\s+(\S+)$/gm);
  return masks(/^(?:SigPnd|ShdPnd):\s+(\S+)$/gm).every((pending) => (pending & ~blocked) === 0n);
};

const assertUnmoved = async (child: ChildProcess, sandbox: string): Promise<void> => {
  const { pid } = child;
  assert.ok(pid !== undefined);
  const before = await listeningPorts(pid);
  assert.equal(before.length, 1);
  child.kill("SIGUSR1");
  await until("the signal is taken", () => hasTakenSignals(pid));
  // It goes on working, and a second signal finds the first one done.
  assert.equal((await fetch(`${sandbox}/sandbox/report`)).status, 200);
  child.kill("SIGUSR1");
  await until("the signal is taken", () => hasTakenSignals(pid));
  assert.equal((await fetch(`${sandbox}/sandbox/report`)).status, 200);
  assert.deepEqual(await listeningPorts(pid), before);
  assert.equal(child.exitCode ?? child.signalCode, null);
};

const command = join(repository, "bin/perch.js");
const starts: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "bin/perch.js": [command],
  "node bin/perch.js": [process.execPath, command],
  "node src/main.ts": [process.execPath, join(repository, "src/main.ts")],
  "the image": [process.execPath, ...imageArguments()],
};

function imageArguments(): readonly string[] {
  const [, list = "[]"] = /^ENTRYPOINT (.+)$/m.exec(textOf("Dockerfile")) ?? [];
  const words = z.array(z.string()).parse(JSON.parse(list));
  // A checkout has what the image compiles.
  return words.slice(1).map((word) => (word === "dist/main.js" ? join(repository, "src/main.ts") : word));
}

for (const [how, [program, ...args]] of Object.entries(starts))
  test(
    `bug: SIGUSR1 opens an inspector in what ${how} starts`,
    {
      skip: process.platform !== "linux" && "reads Linux's tables",
    },
    () =>
      withPerchFolder(async ({ dir }) => {
        const child = spawn(program, [...args, "sandbox"], {
          cwd: dir,
          env: { PATH: process.env.PATH, SANDBOX_PORT: "0" },
          stdio: ["ignore", "pipe", "inherit"],
        });
        try {
          let printed = "";
          child.stdout.setEncoding("utf8").on("data", (text: string) => {
            printed += text;
          });
          await until("the sandbox runs", async () => /plays Bird at/.test(printed));
          await assertUnmoved(child, /plays Bird at (\S+)\. /.exec(printed)?.[1] ?? "");
        } finally {
          if (child.exitCode === null && child.kill("SIGTERM")) await once(child, "exit");
        }
      }),
  );

test("npm's scripts start Perch without the inspector's signal, with every option its own", () => {
  for (const name of ["start", "demo"])
    assert.equal(scripts[name], `node --disable-sigusr1 -- bin/perch.js ${name}`);
  assert.match(readFileSync(command, "utf8"), /^#!\/usr\/bin\/env -S node --disable-sigusr1 --\n/);
});

test("bug: Node reads NODE_OPTIONS from the file that --env-file names before Perch has checked it", () =>
  withPerchFolder(async ({ dir }) => {
    await writeFile(join(dir, "evil.cjs"), "require('node:fs').writeFileSync('was-run', '')");
    await writeFile(join(dir, "f.env"), `NODE_OPTIONS=--require=${join(dir, "evil.cjs")}\n`, { mode: 0o600 });
    const child = spawn(command, ["keys", "seal", "--env-file", "f.env"], {
      cwd: dir,
      env: { PATH: process.env.PATH },
      stdio: "ignore",
    });
    assert.deepEqual(await once(child, "exit"), [0, null]);
    await assert.rejects(readFile(join(dir, "was-run")), { code: "ENOENT" });
  }));
