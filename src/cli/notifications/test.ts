import type { SendTestEvent } from "../../notify/send-test-event.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";

/** `perch notifications test`: sends one event of the type `perch.test` and says how the receiver answered. */
export const notificationsTestCommand = async (
  deps: { readonly io: Io; readonly sendTestEvent: SendTestEvent; readonly notifyUrl: string | undefined },
  args: { readonly url?: string | undefined; readonly json: boolean },
): Promise<number> => {
  const { io, notifyUrl } = deps;
  const { url = notifyUrl, json } = args;
  if (url === undefined || !URL.canParse(url)) {
    printNote(
      io,
      url === undefined ? "Name the receiver: NOTIFY_URL is not set." : "The URL cannot be read.",
    );
    return exitCode.wrongUsage;
  }
  // It has a time-out of its own.
  const result = await deps.sendTestEvent(url, new AbortController().signal);
  const { isDelivered, status, durationMs, error } = result;
  if (json) printJson(io, result);
  else if (isDelivered) printLine(io, `Accepted with ${status} in ${durationMs} ms.`);
  else printNote(io, `Not accepted: ${error}`);
  return isDelivered ? exitCode.done : exitCode.failed;
};
