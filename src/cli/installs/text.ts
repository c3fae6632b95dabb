import type { Install, InstallStatus } from "../../install/install.ts";
import { actorText, birdAnswerText } from "../batch/lines.ts";

const statusWords = {
  queued: "waits for its turn",
  submitting: "is being sent to Bird",
  awaiting_channel: "waits for its channel at Bird",
  retrying: "waits for its next attempt",
  held: "waits, because its workspace is held",
  completed: "is completed",
  failed: "has failed",
  cancelled: "is cancelled",
} as const satisfies Record<InstallStatus, string>;

/** An install in plain words, one fact a line. */
export const installText = (install: Install): readonly string[] => {
  const { error, batchId, nextActionAt, uninstalledAt } = install;
  const gone = uninstalledAt === undefined ? "" : " (deleted)";
  const facts = [
    ["number", `${install.phoneNumber} (${install.name})`],
    ["workspace", install.workspaceId],
    ["by", install.requestedBy],
    ["batch", batchId && `${batchId}, row ${install.row}`],
    ["attempts", String(install.attempts)],
    ["connector", install.connectorId && `${install.connectorId}${gone}`],
    ["channel", install.channelId && `${install.channelId} ${install.channelStatus ?? ""}${gone}`.trim()],
    ["error", error && `${error.code}: ${error.message}`],
    ["Bird says", error && birdAnswerText(error)],
    ["next step", error && `for ${actorText(error.actor)}: ${error.action}`],
    ["continues", nextActionAt && `by itself at ${nextActionAt}`],
  ] as const;
  return [
    `Install ${install.id} ${uninstalledAt === undefined ? statusWords[install.status] : `is uninstalled since ${uninstalledAt}: its connector was deleted at Bird`}.`,
    ...facts.flatMap(([what, text]) =>
      text === undefined || text === "" ? [] : [`  ${what.padEnd(10)} ${text}`],
    ),
  ];
};
