import { resolve } from "node:path";
import { parseEnv } from "node:util";
import { printable } from "../cli/terminal/io.ts";
import { readTrustedFile } from "../files/trusted-file.ts";

type Settings = Readonly<Record<string, string | undefined>>;

/** Addresses that receive secrets. Sealed tokens and workspaces' own access keys go to Bird once `SEALING_KEYS` have opened them. */
const destinations = [
  { address: "BIRD_API_URL", secrets: ["BIRD_ACCESS_KEY", "SEALING_KEYS"] },
  { address: "META_GRAPH_URL", secrets: ["META_APP_SECRET"] },
  { address: "OTEL_EXPORTER_OTLP_ENDPOINT", secrets: ["OTEL_EXPORTER_OTLP_HEADERS"] },
  { address: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", secrets: ["OTEL_EXPORTER_OTLP_HEADERS"] },
] as const;

/** Programs to run, which the working directory's file must not set. */
const neverFromFile: ReadonlySet<string> = new Set(["REDIS_SERVER_BIN"]);

/** Thrown when a requested file of settings cannot be used. */
class EnvFileError extends Error {
  readonly code = "env_file";

  constructor(message: string) {
    super(message);
    this.name = "EnvFileError";
  }
}

/**
 * Reads settings from `.env` of the working directory, or from the named file, for what the environment does not set, and
 * prints that on standard error. Takes only settings: a file must not set variables that steer Node or the programs Perch
 * starts.
 *
 * @throws {EnvFileError} when a named file cannot be trusted or read, or a file redirects a key it does not hold.
 */
export const loadEnvFile = (deps: {
  /** The file named on the command line. */
  readonly named: string | undefined;
  readonly isSettingName: (name: string) => boolean;
  /** The default settings: a file that sets the same values redirects nothing. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly env: Record<string, string | undefined>;
  readonly say: (line: string) => void;
}): void => {
  const { named, isSettingName, defaults, env, say } = deps;
  const path = resolve(named ?? ".env");
  const shown = printable(path);
  const found = readTrustedFile(path);
  if (found === undefined) {
    if (named === undefined) return;
    throw new EnvFileError(`There is no file ${shown}: name another with --env-file.`);
  }
  if ("fault" in found) {
    if (named !== undefined)
      throw new EnvFileError(`${shown} ${found.fault}: settings are not read from it.`);
    say(`Settings are not read from ${shown}: it ${found.fault}. Mend that, or name a file with --env-file.`);
    return;
  }
  const held = Object.entries(parseEnv(found.text)).filter(([name]) => isSettingName(name));
  const refused = held.filter(([name]) => neverFromFile.has(name)).map(([name]) => name);
  const taken = held.filter(([name]) => !neverFromFile.has(name) && !isSet(env, name));
  refuseRedirects({ taken: Object.fromEntries(taken), env, defaults, shown });
  Object.assign(env, Object.fromEntries(taken));
  say(`Settings are read from ${shown}.`);
  for (const name of refused)
    say(`${name} is not taken from it: what is run is named in the environment only.`);
};

/** Whether the environment has a setting, directly or as a file; an empty value is set, to nothing. */
const isSet = (env: Settings, name: string): boolean => {
  const plain = name.replace(/_FILE$/, "");
  return env[name] !== undefined || env[plain] !== undefined || env[`${plain}_FILE`] !== undefined;
};

const refuseRedirects = (deps: {
  readonly taken: Settings;
  readonly env: Settings;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly shown: string;
}): void => {
  const { taken, env, defaults, shown } = deps;
  for (const { address, secrets } of destinations) {
    const where = taken[address] ?? "";
    if (where === "" || where === defaults[address]) continue;
    const foreign = secrets.find((secret) => hasValue(env, secret) || (taken[`${secret}_FILE`] ?? "") !== "");
    if (foreign !== undefined)
      throw new EnvFileError(
        `${address} is set in ${shown}, but ${foreign} is not: a file may not say where a key goes that it does not hold. Set both in the environment, or both in the file.`,
      );
  }
};

const hasValue = (env: Settings, secret: string): boolean =>
  (env[secret] ?? "") !== "" || (env[`${secret}_FILE`] ?? "") !== "";
