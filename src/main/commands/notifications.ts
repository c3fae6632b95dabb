import { type Command, Option } from "commander";
import { json, privately, wholeNumber, yes } from "../options.ts";
import { runCommand } from "../set-up.ts";

/** Adds the commands of outgoing webhooks. */
export const addNotifications = (program: Command): void => {
  const notifications = program
    .command("notifications")
    .description("outgoing webhooks: what receivers were sent and what they answered");
  notifications
    .command("list")
    .description("notifications, newest first, or their receivers")
    .addOption(
      new Option("--status <status>", "only these; failed: given up").choices([
        "pending",
        "delivered",
        "failed",
      ] as const),
    )
    .option("--url <url>", "only those to this receiver")
    .option("--receivers", "each receiver with its success rate and last answer", false)
    .option("--limit <number>", "at most this many", wholeNumber, 50)
    .option("--cursor <cursor>", "continue after the previous page")
    .option(...json)
    .action((args) =>
      runCommand("notifications", async ({ io, notificationLists }) => {
        const { notificationsListCommand } = await import("../../cli/notifications/list.ts");
        return notificationsListCommand({ io, ...(await notificationLists()) }, args);
      }),
    );
  notifications
    .command("resend")
    .description("send one again, or all that were given up, of one receiver or of every one")
    .argument("[id]", "id of a notification, its webhook-id; also one that was delivered")
    .option("--url <url>", "only those to this receiver")
    .option("--all", "those of every receiver", false)
    .option(...yes)
    .option(...privately)
    .option(...json)
    .action((id, args) =>
      runCommand(
        "notifications",
        async ({ io, notificationLists }) => {
          const { notificationsResendCommand } = await import("../../cli/notifications/resend.ts");
          return notificationsResendCommand({ io, ...(await notificationLists()) }, { id, ...args });
        },
        { acts: args },
      ),
    );
  notifications
    .command("test")
    .description("send a test event, signed as every notification, and say how the receiver answers")
    .argument("[url]", "the receiver; default: NOTIFY_URL")
    .option(...json)
    .action((url, args) =>
      runCommand("notifications", async ({ io, openTestEvents }) => {
        const { notificationsTestCommand } = await import("../../cli/notifications/test.ts");
        return notificationsTestCommand({ io, ...(await openTestEvents()) }, { url, ...args });
      }),
    );
};
