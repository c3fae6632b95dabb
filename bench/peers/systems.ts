import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { whileAlive } from "./processes.ts";

export type Role = "worker" | "webhook" | "driver";
type Env = Readonly<Record<string, string>>;

/** A system that does the job. */
export interface System {
  readonly name: string;
  readonly store: "redis" | "postgres";
  /** Starts one of its processes and returns it when it is ready. */
  readonly start: (role: Role, env: Env) => Promise<ChildProcess>;
}

/** Runs a file of this folder as a process that reports when it is ready. */
export const forkReady = async (file: string, role: string, env: Env): Promise<ChildProcess> => {
  const child = fork(join(import.meta.dirname, file), [role], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await whileAlive(child, once(child, "message"));
  return child;
};

const perchProgram = join(import.meta.dirname, "../../bin/perch.js");

/** Perch as its operators run it: a command for each role, the default settings, the log at level info. */
const startPerch = async (role: Role, env: Env): Promise<ChildProcess> => {
  if (role === "driver") return forkReady("perch.ts", role, env);
  const child = spawn(process.execPath, ["--disable-sigusr1", "--", perchProgram, role], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: "ignore",
  });
  const url = `http://127.0.0.1:${role === "worker" ? env.WORKER_PORT : env.WEBHOOK_PORT}/readyz`;
  const answers = async () => {
    const status = await fetch(url, { headers: { connection: "close" } }).then(
      (response) => response.status,
      () => 0,
    );
    return status === 200;
  };
  const ready = async () => {
    while (child.exitCode === null && !(await answers())) await pause(20);
  };
  await whileAlive(child, ready());
  return child;
};

const peer = (name: string, store: System["store"]): System => ({
  name,
  store,
  start: (role, env) => forkReady(`${name}.ts`, role, env),
});

export const systems: readonly System[] = [
  { name: "perch", store: "redis", start: startPerch },
  peer("naive-bullmq", "redis"),
  peer("pg-boss", "postgres"),
  peer("graphile-worker", "postgres"),
  peer("dbos", "postgres"),
];
