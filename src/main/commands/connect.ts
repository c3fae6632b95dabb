import type { Command } from "commander";
import type { Config } from "../../config/config.ts";
import { collect, json, privately, wholeNumber } from "../options.ts";
import { setExitCode } from "../process.ts";
import { runCommand, setUp } from "../set-up.ts";

/** Without one of these no customer could finish. */
const neededByService = ["CONNECT_PUBLIC_URL", "META_APP_ID", "META_APP_SECRET", "META_CONFIG_ID"] as const;

/** Where links lead: with a private Redis, to the service of `perch start` on this machine. */
const publicUrlOf = async (config: Config): Promise<string> => {
  const { CONNECT_PUBLIC_URL: publicUrl, CONNECT_PORT: port, REDIS_URL: redisUrl } = config;
  if (publicUrl !== undefined) return publicUrl;
  if (redisUrl === undefined && port !== 0) return `http://127.0.0.1:${port}`;
  const { ConfigError } = await import("../../config/config.ts");
  throw new ConfigError(["CONNECT_PUBLIC_URL is not set"]);
};

/** Adds the commands of connect links. */
export const addConnect = (program: Command): void => {
  const connect = program
    .command("connect")
    .description("service on which customers connect a number themselves, and its links");
  connect
    .command("run", { isDefault: true })
    .description("serve the page of connect links; run any number. perch connect alone does the same")
    .action(async () => {
      const context = await setUp("connect", { needed: neededByService });
      const { connectCommand } = await import("../../cli/roles/connect.ts");
      setExitCode(await connectCommand(context));
    });
  connect
    .command("create")
    .description("make a link for a customer; prints its address, once")
    .requiredOption("--workspace <id>", "Bird workspace, a UUID")
    .requiredOption("--name <text>", "what the connector is called in Bird")
    .option("--bird-phone-id <id>", "Bird's id of a number bought at Bird")
    .option("--expires-in <duration>", "how long it works, such as 2h or 7d; at most 30d; default: 7d")
    .option("--redirect-url <url>", "where the page sends the customer at the end; https")
    .option("--callback-url <url>", "address to notify of its outcome; https")
    .option("--metadata <name=value>", "text of your own, returned untouched; repeat it for each", collect)
    .option(...privately)
    .option(...json)
    .action((args) =>
      runCommand(
        "connect",
        async ({ io, config, makeLink: openMakeLink, requestedBy }) => {
          const { connectCreateCommand } = await import("../../cli/connect/create.ts");
          const makeLink = await openMakeLink();
          const { NOTIFY_ALLOW_PRIVATE: allowsHttp, CONNECT_REDIRECT_HOSTS: redirectHosts = [] } = config;
          const publicUrl = await publicUrlOf(config);
          return connectCreateCommand(
            { io, makeLink, publicUrl, redirectHosts, allowsHttp, requestedBy },
            args,
          );
        },
        { acts: args },
      ),
    );
  connect
    .command("list")
    .description("connect links, newest first")
    .option("--status <status>", "only these, a comma list such as open,opened")
    .option("--workspace <id>", "only those of one Bird workspace")
    .option("--limit <number>", "at most this many", wholeNumber, 50)
    .option("--cursor <cursor>", "continue after the previous page")
    .option(...json)
    .action((args) =>
      runCommand("connect", async ({ io, connectLinks }) => {
        const { connectListCommand } = await import("../../cli/connect/list.ts");
        return connectListCommand({ io, links: await connectLinks() }, args);
      }),
    );
  connect
    .command("revoke")
    .argument("<link...>", "ids of links")
    .description("make a link useless at once")
    .option(...privately)
    .option(...json)
    .action((ids, args) =>
      runCommand(
        "connect",
        async ({ io, connectLinks }) => {
          const { connectRevokeCommand } = await import("../../cli/connect/revoke.ts");
          return connectRevokeCommand({ io, links: await connectLinks() }, { ids, ...args });
        },
        { acts: args },
      ),
    );
};
