import { createHash } from "node:crypto";
import { type Command, Redis, ReplyError } from "ioredis";
import { isRefused, issue } from "./operation.ts";

interface Script {
  readonly name: string;
  readonly lua: string;
}

/**
 * A connection whose commands wait for the explorer when a process of the model sends them, and go straight
 * to Redis otherwise. So the processes run Perch's and BullMQ's own code, and the explorer decides the order.
 */
export class SteppedRedis extends Redis {
  readonly scripts = new Map<string, Script>();

  override defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): void {
    super.defineCommand(name, definition);
    const sha = createHash("sha1").update(definition.lua).digest("hex");
    this.scripts.set(sha, { name: name.replace(/:[\d.]+$/, ""), lua: definition.lua });
  }

  override sendCommand(command: Command, stream?: Parameters<Redis["sendCommand"]>[1]): unknown {
    const args = command.args.map((arg) => (Buffer.isBuffer(arg) ? arg : String(arg)));
    const script = command.name.startsWith("eval") ? this.scripts.get(String(args[0])) : undefined;
    const sent = issue({ kind: "redis", name: script?.name ?? command.name, lua: script?.lua, args });
    return sent?.then(heard) ?? super.sendCommand(command, stream);
  }
}

const heard = (reply: unknown): unknown => {
  if (isRefused(reply)) throw new ReplyError(reply.refused);
  return reply;
};
