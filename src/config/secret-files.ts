import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** Settings that hold a secret. Each can be given as `NAME_FILE` too: the path of a file that holds its value. */
export const secretSettings = [
  "REDIS_URL",
  "BIRD_ACCESS_KEY",
  "WEBHOOK_SIGNING_KEYS",
  "WEBHOOK_SIGNING_SECRET",
  "SEALING_KEYS",
  "API_KEYS",
  "NOTIFY_SECRET",
  "META_APP_SECRET",
  "OTEL_EXPORTER_OTLP_HEADERS",
] as const;

/** Far more than a list of keys needs; a larger file is the wrong one. */
const bytesMax = 1024 * 1024;

/** The contents of secret files, by setting, and their problems. No message holds a path or a value. */
interface SecretFiles {
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly { readonly name: string; readonly message: string }[];
  /** Settings whose file cannot be used, or which are given twice: their value is unknown. */
  readonly unusable: ReadonlySet<string>;
}

/** Reads every secret that is given as a file. @param set Settings that are set, by name. */
export const readSecretFiles = (set: Readonly<Record<string, string | undefined>>): SecretFiles => {
  const values = new Map<string, string>();
  const problems: { readonly name: string; readonly message: string }[] = [];
  const unusable = new Set<string>();
  for (const name of secretSettings) {
    const fileSetting = `${name}_FILE`;
    const path = set[fileSetting];
    if (path === undefined) continue;
    const read =
      set[name] === undefined ? readSecret(path) : { issue: `and ${name} are both set: unset one` };
    if ("text" in read) values.set(name, read.text);
    else {
      problems.push({ name: fileSetting, message: read.issue });
      unusable.add(name);
    }
  }
  return { values, problems, unusable };
};

type Read = { readonly text: string } | { readonly issue: string };

const readSecret = (path: string): Read => {
  try {
    // Non-blocking, because opening a pipe without a writer would wait; pipes are refused below.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (stats.isDirectory()) return { issue: "names a folder: name a file in it" };
      if (!stats.isFile()) return { issue: "must name a regular file" };
      if (stats.size > bytesMax) return { issue: `names a file of more than ${bytesMax} bytes` };
      return textOf(readFileSync(file));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { issue: issueOf(error) };
  }
};

const textOf = (bytes: Uint8Array): Read => {
  if (bytes.length > bytesMax) return { issue: `names a file of more than ${bytesMax} bytes` };
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim();
  if (text.includes("\0")) return { issue: "names a file that is not text" };
  return text === "" ? { issue: "names an empty file" } : { text };
};

const reasons = new Map<unknown, string>([
  ["ENOENT", "names a file that does not exist"],
  ["ENOTDIR", "names a file that does not exist"],
  ["EACCES", "names a file this user may not read"],
  ["EPERM", "names a file this user may not read"],
  ["ERR_ENCODING_INVALID_ENCODED_DATA", "names a file that is not UTF-8 text"],
  ["ERR_INVALID_ARG_VALUE", "must be the path of a file"],
]);

const issueOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return reasons.get(code) ?? `names a file that cannot be read (${String(code ?? "unknown error")})`;
};
