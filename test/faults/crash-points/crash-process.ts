import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { type CrashNews, crashTaskSchema } from "./crash-task.ts";
import { createStepCounter } from "./step-counter.ts";
import { watchHttp } from "./watch-http.ts";
import { watchRedis } from "./watch-redis.ts";

// A role in a process of its own, which kills itself at the point it was told to. The watching
// stands between Perch and the real ioredis and node:http and changes nothing they do.

/** A life that is to find the points first sees what the role does without an install, over some rounds of its chores. */
const idleMs = 1000;

const [message] = await once(process, "message");
const task = crashTaskSchema.parse(message);
const tell = (news: CrashNews): void => {
  process.send?.(news);
};
const steps = createStepCounter((point) => {
  // The signal arrives before the call returns: nothing after this point happens.
  if (point === task.crashAt) process.kill(process.pid, "SIGKILL");
  if (task.crashAt === undefined) tell({ kind: "point", point });
});
const idle = Promise.withResolvers<void>();
watchRedis(steps, { prefix: task.prefix, onIdle: idle.resolve });
watchHttp(steps);

// A test that was killed takes its processes along.
process.on("disconnect", () => process.exit(1));
const { startRole } = await import("./start-role.ts");
const role = await startRole(task);
if (task.role === "worker") await idle.promise;
if (task.crashAt === undefined) {
  steps.watchIdle();
  await pause(idleMs);
}
steps.arm();
tell({ kind: "armed", url: role.url });
