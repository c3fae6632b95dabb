import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { isRepeatedStep, redisStep, type SentCommand } from "./redis-step.ts";
import type { StepCounter } from "./step-counter.ts";

/** What to do when a command has been answered. */
type OnAnswer = (answer: unknown) => void;

/**
 * Tells of every command that any connection of this process sends: right before it is written, and as soon
 * as it is answered.
 *
 * A worker asks for jobs again and again, how often depends on the clock. So these two steps bear the number
 * of the job they are about to get: a wait counts when a marker ends it, a fetch is over when it got a job.
 *
 * @param onIdle called when the installs queue is waited on: the worker has nothing to do.
 */
export const watchRedis = (
  steps: StepCounter,
  { prefix, onIdle }: { readonly prefix: string; readonly onIdle: () => void },
): void => {
  const scriptNames = new Map<string, string>();
  const told = new WeakSet<object>();
  const { defineCommand, sendCommand } = Redis.prototype;
  let jobNumber = 1;

  const wait = (): OnAnswer => {
    onIdle();
    return (answer) => {
      if (answer !== null) steps.begin("wait for a job", jobNumber)("after");
    };
  };

  const fetch = (step: string): OnAnswer => {
    const tell = steps.begin(step, jobNumber);
    tell("before");
    return (answer) => {
      if (!hasJob(answer)) return;
      jobNumber += 1;
      tell("after");
    };
  };

  const begin = (command: SentCommand): OnAnswer => {
    const step = redisStep(command, { prefix, scriptNames });
    if (step === undefined) return () => undefined;
    if (step === "bzpopmin installs:marker") return wait();
    if (step === "moveToActive") return fetch(step);
    const tell = isRepeatedStep(step) ? steps.begin(step, 1) : steps.begin(step);
    tell("before");
    return () => tell("after");
  };

  Redis.prototype.defineCommand = function (name, definition) {
    // BullMQ's names end in its version.
    scriptNames.set(createHash("sha1").update(definition.lua).digest("hex"), name.split(":")[0] ?? name);
    return defineCommand.call(this, name, definition);
  };
  Redis.prototype.sendCommand = function (command, stream) {
    // A command passes here again when it is sent from a queue.
    if (!told.has(command)) {
      told.add(command);
      command.promise.then(begin(command), () => undefined);
    }
    return sendCommand.call(this, command, stream);
  };
};

/** A fetch answers the job's fields and id, or zeros. */
const hasJob = (answer: unknown): boolean => Array.isArray(answer) && Boolean(answer[0]);
