import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";

const microsPerTick = 10_000;

/** What `/proc/PID/stat` says of a process's processor time, µs, its ended children's included; 0 when it has ended. */
const microsOf = async (pid: string): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // Fields 14 to 17: user and system time, its own and its ended children's. The name before them may hold spaces.
  const ticks = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 15);
  return ticks.reduce((sum, each) => sum + Number(each), 0) * microsPerTick;
};

/** Processor time of a process and its children, such as PostgreSQL's, µs. Steps of 10 ms. */
export const treeMicros = async (pid: number): Promise<number> => {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const pids = [String(pid), ...children.split(" ").filter((each) => each.trim() !== "")];
  return (await Promise.all(pids.map(microsOf))).reduce((sum, each) => sum + each, 0);
};

/** Waits for what a process is to do, or rejects when it exits instead. */
export const whileAlive = async <T>(child: ChildProcess, done: Promise<T>): Promise<T> => {
  const { signal, abort } = abortable();
  const ended = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`${child.spawnargs.slice(1).join(" ")} exited with code ${code}`);
  });
  return Promise.race([done, ended]).finally(abort);
};

const abortable = () => {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
};

/** Sends a message and returns the answer. One question at a time for each process. */
export const ask = async (child: ChildProcess, question: string | object): Promise<unknown> => {
  const answered = once(child, "message");
  child.send(question);
  const [answer] = await whileAlive(child, answered);
  return answer;
};
