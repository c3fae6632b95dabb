import { generateSealingKey } from "../../queue/secrets/seal.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";

/** `perch keys seal`: makes a sealing key. It is printed once and not stored. */
export const keysSealCommand = async (
  { io }: { readonly io: Io },
  { json }: { readonly json: boolean },
): Promise<number> => {
  const sealingKey = generateSealingKey();
  if (json) {
    printJson(io, { sealingKey });
    return exitCode.done;
  }
  printLine(io, `SEALING_KEYS=${sealingKey}`);
  printNote(
    io,
    "Put this line into .env; to rotate, put the new key before the old ones with a comma, and drop an old one when no install sealed with it is left.",
  );
  return exitCode.done;
};
