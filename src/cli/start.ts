import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import type { Io } from "./io.ts";
import { startStack } from "./stack.ts";
import { untilStopped } from "./until-stopped.ts";

/** `perch start`: all roles in one process, until it is told to stop. */
export const startCommand = async (deps: {
  readonly io: Io;
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Logger;
}): Promise<number> => {
  const { io, config } = deps;
  const stack = await startStack(deps);
  const { sandbox } = stack;
  const lines = [
    sandbox === undefined
      ? `Perch runs and talks to Bird at ${config.BIRD_API_URL}.`
      : "Perch runs against its sandbox: nothing reaches Bird. Set BIRD_ACCESS_KEY to change that.",
    `  webhook   ${stack.webhookUrl}/webhooks/bird`,
    ...(sandbox === undefined ? [] : [`  sandbox   ${sandbox.url}`]),
    `  redis     ${stack.isRedisEmbedded ? "private, under .data/" : "REDIS_URL"}`,
    "Try, in another terminal:",
    "  npx perch import examples/numbers.csv --watch",
    `  curl ${sandbox === undefined ? `${stack.webhookUrl}/readyz` : `${sandbox.url}/sandbox/report`}`,
    "Ctrl-C stops it; what is queued stays.",
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
  await untilStopped(deps.log, stack.close);
  return 0;
};
