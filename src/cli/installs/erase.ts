import { InstallStateError } from "../../install/errors/errors.ts";
import { toE164 } from "../../install/values/phone-number.ts";
import { plural } from "../../install/values/shown-text.ts";
import type { EraseNumber } from "../../queue/erase/erase.ts";
import { confirmOrExit } from "../terminal/confirm.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";

export interface EraseArgs {
  readonly phone: string;
  readonly yes: boolean;
  readonly json: boolean;
}

interface Deps {
  readonly io: Io;
  readonly eraseNumber: EraseNumber;
}

/** `perch erase`: deletes a number and its data from Redis, on a person's request for erasure. */
export const eraseCommand = async ({ io, eraseNumber }: Deps, args: EraseArgs): Promise<number> => {
  const phoneNumber = toE164(args.phone);
  if (phoneNumber === undefined) {
    printNote(io, "--phone must be a phone number with its country code, such as +14155550123.");
    return exitCode.wrongUsage;
  }
  try {
    return await erase({ io, eraseNumber }, phoneNumber, args);
  } catch (error) {
    if (!(error instanceof InstallStateError)) throw error;
    printNote(io, error.message);
    return exitCode.failed;
  }
};

const erase = async (
  { io, eraseNumber }: Deps,
  phoneNumber: string,
  { yes, json }: EraseArgs,
): Promise<number> => {
  const found = await eraseNumber.find(phoneNumber);
  const connectors = found.flatMap(({ connectorId }) => (connectorId === undefined ? [] : [connectorId]));
  const question = `Erase ${phoneNumber} with ${plural(found.length, "install")}? This cannot be undone.`;
  const refusal = await confirmOrExit(io, { question, yes });
  if (refusal !== undefined) return refusal;
  const erased = await eraseNumber.erase(phoneNumber);
  if (json) {
    printJson(io, { phoneNumber, erased, connectorsAtBird: connectors });
    return exitCode.done;
  }
  const { installs, notifications, events, rejectedRows, connectLinks } = erased;
  const parts = [
    plural(installs, "install"),
    plural(notifications, "notification"),
    plural(events, "event"),
    plural(rejectedRows, "rejected row"),
    plural(connectLinks, "connect link"),
  ];
  printLine(io, `Erased: ${parts.join(", ")}.`);
  if (connectors.length > 0)
    printNote(io, `Connectors that may still be at Bird, for you to delete there: ${connectors.join(", ")}.`);
  printNote(io, "What else may hold the number, and for how long: docs/security.md, Erasing a number.");
  return exitCode.done;
};
