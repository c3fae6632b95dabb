import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { Config } from "../../config/config.ts";
import { checkSignature } from "../../webhook/signature.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { type Explanation, explainSignature } from "./explain-signature.ts";
import { knownKeys } from "./known-keys.ts";

export interface VerifySignatureArgs {
  readonly url: string;
  readonly timestamp: string;
  readonly signature: string;
  /** File of the raw body; `-` is standard input. */
  readonly body: string;
  /** File of keys, one a line, in place of those of the settings. */
  readonly keyFile?: string | undefined;
  readonly json: boolean;
}

interface VerifySignatureDeps {
  readonly io: Io;
  readonly config: Config;
  readonly now?: () => number;
}

/** `perch verify-signature`: checks a webhook's signature, and finds which part differs from what was signed. */
export const verifySignatureCommand = async (
  { io, config, now = Date.now }: VerifySignatureDeps,
  { url, timestamp, signature, keyFile, json, ...args }: VerifySignatureArgs,
): Promise<number> => {
  const body = args.body === "-" ? await buffer(io.stdin) : await readGiven(args.body);
  const keyText = keyFile === undefined ? undefined : (await readGiven(keyFile)).toString("utf8");
  const keys = knownKeys(config, { url, body }, keyText);
  if (keys.accepted.length === 0 && keys.others.length === 0 && keys.secret === undefined) {
    printNote(
      io,
      "There is no key to check with: set WEBHOOK_SIGNING_SECRET or WEBHOOK_SIGNING_KEYS, or give --key-file.",
    );
    return exitCode.wrongUsage;
  }
  const publicUrl = config.WEBHOOK_PUBLIC_URL;
  const explanation = explainSignature({ url, timestamp, signature, body, keys, publicUrl });
  const matches = explanation.kind === "matches";
  const isTooOld =
    matches &&
    checkSignature(
      { url, timestamp, signature, body },
      {
        keys: keys.accepted.map(({ key }) => key),
        maxAgeMs: config.WEBHOOK_MAX_AGE_MS,
        nowMs: now(),
      },
    ) === "too_old";
  const sentence = sentenceOf(explanation) + (isTooOld ? tooOld : "");
  const differences = explanation.kind === "differs" ? explanation.differences : [];
  if (json) printJson(io, { matches, tooOld: isTooOld, sentence, differences });
  else printLine(io, sentence);
  return matches ? exitCode.done : exitCode.failed;
};

const tooOld =
  " But the webhook service would refuse it by now: its timestamp is further from this machine's clock than WEBHOOK_MAX_AGE_MS allows.";

const sentenceOf = (explanation: Explanation): string => {
  switch (explanation.kind) {
    case "matches":
      return `The signature matches: it was made with ${explanation.key} over this URL, timestamp and body.`;
    case "differs": {
      const found = explanation.differences.map((difference) => difference.found).join(", and ");
      const fixes = new Set(explanation.differences.map(({ fix }) => fix));
      return `The signature does not match, because it was ${found}. ${[...fixes].join(" ")}`;
    }
    case "unknown":
      return "The signature does not match, and nothing that was tried explains it: most likely it was made with a key that is not here, or over another body or address. Compare the subscription's url with --url, save the body byte for byte, and give the key of the subscription by --key-file.";
    case "unreadable":
      return "The signature is not one of Bird's in any writing: the messagebird-signature header has 44 characters, standard Base64 of 32 bytes.";
  }
};

/** @throws {Error} naming the file. */
const readGiven = async (file: string): Promise<Buffer> => {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new Error(`${file} cannot be read: check the name and its permissions.`, { cause });
  }
};
