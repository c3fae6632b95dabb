import type { Config } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import type { Io } from "../terminal/io.ts";
import { untilStopped } from "../terminal/until-stopped.ts";
import { startStack } from "./stack.ts";

/** `perch start`: all roles in one process, until it is stopped. */
export const startCommand = async (deps: {
  readonly io: Io;
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Logger;
  readonly version: string;
}): Promise<number> => {
  const { io, config } = deps;
  const stack = await startStack(deps);
  const { sandbox, apiUrl } = stack;
  const lines = [
    sandbox === undefined
      ? `Perch runs and talks to Bird at ${config.BIRD_API_URL}.`
      : "Perch runs against its sandbox: nothing reaches Bird. Set BIRD_ACCESS_KEY to change that.",
    `  api       ${apiUrl} (${apiUrl}/docs, ${apiUrl}/metrics)`,
    `  webhook   ${stack.webhookUrl}/webhooks/bird`,
    ...(sandbox === undefined ? [] : [`  sandbox   ${sandbox.url}`]),
    `  redis     ${stack.isRedisEmbedded ? "private, under .data/" : "REDIS_URL"}`,
    "Try, in another terminal:",
    "  npm run -s perch -- import examples/numbers.csv --watch",
    `  ${sandbox === undefined ? `curl ${apiUrl}/readyz` : tryInstall(apiUrl, config.API_KEYS !== undefined)}`,
    "Ctrl-C stops it; what is queued stays.",
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
  await untilStopped(deps.log, stack.close);
  return 0;
};

/** Installs a made-up number into the sandbox. */
const tryInstall = (apiUrl: string, needsKey: boolean): string => {
  const key = needsKey ? ' -H "authorization: Bearer $PERCH_API_KEY"' : "";
  const body = {
    workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
    name: "Acme support",
    wabaId: "102290129340398",
    phoneId: "106540352242922",
    phoneNumber: "+14155550123",
    accessToken: "any-token",
  };
  return `curl ${apiUrl}/v1/installs${key} -H content-type:application/json -d '${JSON.stringify(body)}'`;
};
