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
  const link = sandbox && (await stack.makeConnectLink?.(trialLink));
  const lines = [
    ...(stack.hasConsole ? [`Console: ${apiUrl}`] : []),
    sandbox === undefined
      ? `Perch runs and talks to Bird at ${config.BIRD_API_URL}.`
      : "Perch runs against its sandbox: nothing reaches Bird. Set BIRD_ACCESS_KEY to change that.",
    `  api       ${apiUrl} (${apiUrl}/docs, ${apiUrl}/metrics)`,
    `  webhook   ${stack.webhookUrl}/webhooks/bird`,
    ...(stack.connectUrl === undefined ? [] : [`  connect   ${stack.connectUrl}`]),
    ...(sandbox === undefined ? [] : [`  sandbox   ${sandbox.url} (what it made, and faults to try)`]),
    `  redis     ${stack.privateRedisUrl === undefined ? "REDIS_URL" : `private: ${stack.privateRedisUrl}`}`,
    "Try, in another terminal:",
    "  npm run -s perch -- import examples/numbers.csv --watch",
    `  ${sandbox === undefined ? `curl ${apiUrl}/readyz` : tryInstall(apiUrl, config.API_KEYS !== undefined)}`,
    ...(link === undefined ? [] : ["Or connect a number as a customer does, in a browser:", `  ${link}`]),
    "Ctrl-C stops it; what is queued stays.",
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
  await untilStopped(deps.log, stack.close);
  return 0;
};

const workspaceId = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";

/** For whoever tries Perch; the sandbox plays Meta. */
const trialLink = { workspaceId, name: "Acme support", expiresInSeconds: 7 * 86_400 };

/** Installs a made-up number into the sandbox. */
const tryInstall = (apiUrl: string, needsKey: boolean): string => {
  const key = needsKey ? ' -H "authorization: Bearer $PERCH_API_KEY"' : "";
  const body = {
    workspaceId,
    name: "Acme support",
    wabaId: "102290129340398",
    phoneId: "106540352242922",
    phoneNumber: "+14155550123",
    accessToken: "any-token",
  };
  return `curl ${apiUrl}/v1/installs${key} -H content-type:application/json -d '${JSON.stringify(body)}'`;
};
