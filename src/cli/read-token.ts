import { readFile } from "node:fs/promises";
import type { Io } from "./io.ts";

const tokenBytesMax = 65_536;

/** What is read, in the words of what goes wrong with it. */
interface Asked {
  readonly what: string;
  readonly option: string;
}

const accessToken: Asked = { what: "access token", option: "--access-token-file" };

/**
 * Reads the access token, or another secret, from a file or standard input; never from an argument, which other users of the
 * machine could see.
 *
 * @returns the token, or in one sentence why there is none.
 */
export const readToken = async (
  io: Io,
  file: string | undefined,
  { what, option }: Asked = accessToken,
): Promise<{ readonly token: string } | { readonly fault: string; readonly isUsage: boolean }> => {
  if (file !== undefined && file !== "-") {
    const token = await readFile(file, "utf8").catch(() => undefined);
    return token === undefined
      ? {
          fault: `The ${what} cannot be read from ${file}: check that the file is there and readable.`,
          isUsage: false,
        }
      : { token: token.trim() };
  }
  if (io.isStdinTty) {
    const fault = `The ${what} is missing: name its file with ${option}, or pipe it to standard input.`;
    return { fault, isUsage: true };
  }
  let text = "";
  for await (const chunk of io.stdin) {
    text += String(chunk);
    if (text.length > tokenBytesMax) {
      return {
        fault: `Standard input is far too long for an ${what}: pipe it alone.`,
        isUsage: false,
      };
    }
  }
  return { token: text.trim() };
};
