import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One call of the log in the source. */
export interface LogCall {
  readonly file: string;
  readonly level: string;
  /** Undefined when it is not written out in the call. */
  readonly message: string | undefined;
}

const root = join(import.meta.dirname, "../src");

/** Every call of the log in the source, found by reading it: `log.info({ … }, "message")`. */
export const readLogCalls = (): readonly LogCall[] =>
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => callsIn(file, readFileSync(join(root, file), "utf8")));

const callsIn = (file: string, source: string): LogCall[] =>
  [...source.matchAll(/\blog\.(trace|debug|info|warn|error|fatal)\(/g)].map(
    ({ index, 0: start, 1: level = "" }) => ({
      file,
      level,
      message: /"((?:[^"\\]|\\.)*)",?\s*$/.exec(argumentsOf(source, index + start.length))?.[1],
    }),
  );

/** The text up to the parenthesis that ends the call; no message has one of its own. */
const argumentsOf = (source: string, from: number): string => {
  let depth = 1;
  let at = from;
  for (; depth > 0 && at < source.length; at += 1) {
    if (source[at] === "(") depth += 1;
    if (source[at] === ")") depth -= 1;
  }
  return source.slice(from, at - 1);
};
