import type { Messages } from "../bird/messages.ts";
import { InstallStateError } from "../install/errors/errors.ts";
import type { Install } from "../install/install.ts";
import { findOrThrow, type Installs } from "../queue/installs/installs.ts";
import { BirdRefusedError } from "./bird-refused-error.ts";
import type { TestMessage } from "./test-message.ts";

/** Bird's answer to a message it accepted; the message is not delivered yet. */
interface SentTestMessage {
  readonly messageId?: string | undefined;
  readonly status?: string | undefined;
}

/**
 * Sends a message through an install's channel, to see that the number works. Not idempotent: each call is a
 * message.
 *
 * @throws {InstallNotFoundError} @throws {InstallStateError} it has no channel to send through (any more).
 * @throws {BirdRefusedError}
 */
export type SendTestMessage = (installId: string, message: TestMessage) => Promise<SentTestMessage>;

const asked = {
  undone: "did not send the message",
  policy: "create on /workspaces/*/channels/*/messages",
  whenNotFound: "Look the channel up in Bird: it may have been removed there.",
  whenRejected: "Check the number, and the template's project, version, language and variables.",
  whenUnknown: "Look whether the message arrived before you send another.",
} as const;

export const createSendTestMessage = (deps: {
  readonly installs: Pick<Installs, "find">;
  readonly messages: Messages;
}): SendTestMessage => {
  return async (installId, message) => {
    const install = await findOrThrow(deps.installs, installId);
    const sent = await deps.messages.send(install.workspaceId, channelOf(install), message);
    if (sent.kind !== "sent") throw new BirdRefusedError(sent, asked);
    const { messageId, status } = sent;
    return { ...(messageId !== undefined && { messageId }), ...(status !== undefined && { status }) };
  };
};

/** @throws {InstallStateError} */
const channelOf = ({ id, status, channelId, uninstalledAt }: Install): string => {
  if (uninstalledAt !== undefined)
    throw new InstallStateError(
      `Install ${id} was uninstalled: its channel is gone, install the number again.`,
    );
  if (status !== "completed" || channelId === undefined)
    throw new InstallStateError(`Install ${id} is ${status}: a message can be sent once it is completed.`);
  return channelId;
};
