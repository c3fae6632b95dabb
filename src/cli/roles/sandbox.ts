import { workspaceSigningKey } from "../../bird/signature.ts";
import type { Config } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import { listenOrExplain } from "../../roles/listen-or-explain.ts";
import { consoleDir } from "../../roles/settings.ts";
import { readFaultsFile } from "../../sandbox/faults/read-file.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import type { Io } from "../terminal/io.ts";
import { untilStopped } from "../terminal/until-stopped.ts";

export interface SandboxArgs {
  /** File of fault rules. */
  readonly faults?: string | undefined;
  readonly seed?: number | undefined;
  readonly channelDelayMs?: number | undefined;
  readonly conflictOn?: "none" | "phoneId" | undefined;
}

/** `perch sandbox`: Bird, simulated, until it is stopped. */
export const sandboxCommand = async (
  deps: { readonly io: Io; readonly config: Config; readonly log: Logger },
  args: SandboxArgs,
): Promise<number> => {
  const { io, config, log } = deps;
  const {
    WEBHOOK_PUBLIC_URL: webhookUrl,
    WEBHOOK_SIGNING_SECRET: secret,
    WEBHOOK_SIGNING_KEYS: keys,
  } = config;
  const faults = args.faults === undefined ? [] : await readFaultsFile(args.faults);
  const sandbox = await listenOrExplain("SANDBOX_PORT", config.SANDBOX_PORT, (port) =>
    startSandbox({
      port,
      pageDir: consoleDir,
      accessKey: config.BIRD_ACCESS_KEY,
      faults,
      seed: args.seed,
      channelDelayMs: args.channelDelayMs,
      conflictOn: args.conflictOn,
      log: (message) => log.info(message),
      ...(webhookUrl !== undefined && (secret !== undefined || keys !== undefined)
        ? {
            subscribeAll: {
              url: `${webhookUrl}/webhooks/bird${secret === undefined ? "" : "/{workspaceId}"}`,
              signingKey: (workspaceId) =>
                secret === undefined ? (keys?.[0] ?? "") : workspaceSigningKey(secret, workspaceId),
              events: ["channel.created", "channel.updated"],
            },
          }
        : {}),
    }),
  );
  const lines = [
    `The sandbox plays Bird at ${sandbox.url}. For Perch, or for a client of your own:`,
    `  BIRD_API_URL=${sandbox.url}`,
    // One made up for this run is of no use elsewhere; a given one may be Bird's own.
    config.BIRD_ACCESS_KEY === undefined
      ? `  BIRD_ACCESS_KEY=${sandbox.accessKey}`
      : "  BIRD_ACCESS_KEY as it is set here",
    `  BIRD_ORGANIZATION_ID=${sandbox.organizationId}`,
    `What was created, and a form for faults: ${sandbox.url} in a browser; GET /sandbox/report, PUT /sandbox/faults.`,
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
  await untilStopped(log, sandbox.close);
  return 0;
};
