import { readFile } from "node:fs/promises";
import { WaitTimeoutError } from "../../install/errors/errors.ts";
import { InputError } from "../../install/errors/input-error.ts";
import type { Install } from "../../install/install.ts";
import type { Producer } from "../../producer/producer.ts";
import { exitCode, type Io, issueLine, printJson, printNote } from "../terminal/io.ts";
import { printOfStatus } from "../terminal/paint-status.ts";
import type { WaitDeps } from "../terminal/wait-news.ts";
import { installText } from "./text.ts";
import { waitForEnd } from "./wait.ts";

export interface InstallArgs {
  readonly workspace: string;
  readonly name: string;
  readonly waba: string;
  readonly phoneId: string;
  readonly phone: string;
  readonly birdPhoneId?: string | undefined;
  /** File of the token; default: standard input. */
  readonly accessTokenFile?: string | undefined;
  readonly wait: boolean;
  readonly json: boolean;
  /** Stops waiting. */
  readonly signal?: AbortSignal | undefined;
}

interface InstallDeps extends WaitDeps {
  readonly producer: Pick<Producer, "enqueue" | "waitFor">;
}

const optionNames = new Map([
  ["workspaceId", "--workspace"],
  ["name", "--name"],
  ["wabaId", "--waba"],
  ["phoneId", "--phone-id"],
  ["phoneNumber", "--phone"],
  ["mbPhoneId", "--bird-phone-id"],
  ["accessToken", "the access token"],
]);

/** Longer than an install waits for its channel with default settings and some holds. */
const waitMs = 2 * 3_600_000;

/** `perch install`: enqueues one install, and waits for its end with `--wait`. */
export const installCommand = async (deps: InstallDeps, args: InstallArgs): Promise<number> => {
  const { io } = deps;
  const read = await readToken(io, args.accessTokenFile);
  if ("issue" in read) {
    printNote(io, read.issue);
    return read.isUsage ? exitCode.wrongUsage : exitCode.failed;
  }
  try {
    const install = await enqueueAndWait(deps, { ...args, accessToken: read.token });
    if (typeof install === "number") return install;
    show(io, install, args.json);
    return args.wait && install.status !== "completed" ? exitCode.failed : exitCode.done;
  } catch (error) {
    if (!(error instanceof InputError || error instanceof WaitTimeoutError)) throw error;
    for (const line of linesOf(error)) printNote(io, line);
    return exitCode.failed;
  }
};

const show = (io: Io, install: Install, json: boolean): void => {
  if (json) printJson(io, install);
  else printOfStatus(io, install.status, installText(install));
};

const enqueueAndWait = async (
  deps: InstallDeps,
  args: InstallArgs & { readonly accessToken: string },
): Promise<Install | number> => {
  const { io, producer } = deps;
  const { install, created } = await producer.enqueue({
    workspaceId: args.workspace,
    name: args.name,
    wabaId: args.waba,
    phoneId: args.phoneId,
    phoneNumber: args.phone,
    mbPhoneId: args.birdPhoneId,
    accessToken: args.accessToken,
  });
  if (!created) printNote(io, "The number has an install in this workspace already; this is it.");
  if (!args.wait) return install;
  printNote(io, `Waiting for install ${install.id} to end ...`);
  return waitForEnd(deps, install.id, { timeoutMs: waitMs, signal: args.signal });
};

const linesOf = (error: InputError | WaitTimeoutError): readonly string[] =>
  error instanceof InputError ? error.issues.map((issue) => issueLine(issue, optionNames)) : [error.message];

const tokenBytesMax = 65_536;

/** The name of the secret in error messages. */
interface Asked {
  readonly what: string;
  readonly option: string;
}

const accessToken: Asked = { what: "access token", option: "--access-token-file" };

/**
 * Reads the access token, or another secret, from a file or standard input; never from an argument, which other users of
 * the machine could see.
 *
 * @returns the token, or one sentence with the issue.
 */
export const readToken = async (
  io: Io,
  file: string | undefined,
  { what, option }: Asked = accessToken,
): Promise<{ readonly token: string } | { readonly issue: string; readonly isUsage: boolean }> => {
  if (file !== undefined && file !== "-") {
    const token = await readFile(file, "utf8").catch(() => undefined);
    return token === undefined
      ? {
          // Without what was given: it may be the secret itself.
          issue: `The ${what} cannot be read from the file that ${option} names: check that it is there and readable, and that it is a file's name.`,
          isUsage: false,
        }
      : { token: token.trim() };
  }
  if (io.isStdinTty) {
    const issue = `The ${what} is missing: name its file with ${option}, or pipe it to standard input.`;
    return { issue, isUsage: true };
  }
  let text = "";
  for await (const chunk of io.stdin) {
    text += String(chunk);
    if (text.length > tokenBytesMax) {
      return {
        issue: `Standard input is far too long for an ${what}: pipe it alone.`,
        isUsage: false,
      };
    }
  }
  return { token: text.trim() };
};
