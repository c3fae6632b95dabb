import { BirdRefusedError } from "../../actions/bird-refused-error.ts";
import {
  ConnectorOfAnotherInstallError,
  InstallNotFoundError,
  InstallStateError,
} from "../../install/errors/errors.ts";
import { InputError } from "../../install/errors/input-error.ts";
import type { Install } from "../../install/install.ts";
import { knownInstallId } from "../../install/values/ids.ts";
import { confirmOrExit } from "../terminal/confirm.ts";
import { exitCode, type Io, printJson, printNote } from "../terminal/io.ts";
import { printOfStatus } from "../terminal/paint-status.ts";
import { installText } from "./text.ts";

interface ActOnInstallsArgs {
  readonly ids: readonly string[];
  /** The question to confirm before acting; undefined: none. */
  readonly question: string | undefined;
  readonly yes: boolean;
  /** Prints the installs that were acted on, as a list. */
  readonly json: boolean;
}

interface Deps {
  readonly io: Io;
  readonly act: (installId: string) => Promise<Install>;
}

/**
 * Applies an action to installs, one after another, and prints their new state. An install the action fails on is reported
 * and does not stop the others.
 */
export const actOnInstalls = async (
  { io, act }: Deps,
  { ids, question, yes, json }: ActOnInstallsArgs,
): Promise<number> => {
  const refusal = question === undefined ? undefined : await confirmOrExit(io, { question, yes });
  if (refusal !== undefined) return refusal;
  const installs: Install[] = [];
  for (const id of ids) {
    const install = await actOnOne({ io, act }, id);
    if (install !== undefined) installs.push(install);
    if (install !== undefined && !json) printOfStatus(io, install.status, installText(install));
  }
  if (json) printJson(io, installs);
  return installs.length === ids.length ? exitCode.done : exitCode.failed;
};

const actOnOne = async ({ io, act }: Deps, id: string): Promise<Install | undefined> => {
  try {
    return await act(knownInstallId(id));
  } catch (error) {
    if (!(error instanceof Error && refusals.some((type) => error instanceof type))) throw error;
    printNote(io, `${id}: ${error.message}`);
    return undefined;
  }
};

const refusals = [
  InstallNotFoundError,
  InstallStateError,
  ConnectorOfAnotherInstallError,
  InputError,
  BirdRefusedError,
];
