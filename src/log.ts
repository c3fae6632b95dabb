import { type Logger, pino } from "pino";

export type { Logger };

/** Members that hold secrets, wherever a logged object has them. */
const secretNames: ReadonlySet<string> = new Set([
  "accessToken",
  "invitationToken",
  "signupCode",
  "securityArguments",
  "authorization",
  "sealed",
  "signingKey",
  "accessKey",
  "apiKey",
  "cookie",
]);

/** How deep objects are censored; pino writes nothing below that. */
const depthMax = 5;

/**
 * What is logged, without what secret members hold. Pino's own redaction takes five times as long as the rest of a
 * line once its paths have wildcards.
 */
const censored = (value: unknown, depth: number): unknown => {
  if (typeof value !== "object" || value === null || depth > depthMax) return value;
  if (value instanceof Error) return censored(plainError(value), depth);
  if (Array.isArray(value)) return value.map((each) => censored(each, depth + 1));
  if ("toJSON" in value) return value;
  return censoredMembers(value, depth);
};

/** ioredis adds the command and its arguments to an error; they can be whole installs. */
const plainError = (error: Error): Record<string, unknown> => {
  const { command, ...plain }: Record<string, unknown> = { ...pino.stdSerializers.err(error) };
  const name =
    typeof command === "object" && command !== null && "name" in command ? command.name : undefined;
  return name === undefined ? plain : { ...plain, command: name };
};

const censoredMembers = (value: object, depth: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      secretNames.has(name) && member !== undefined ? "[redacted]" : censored(member, depth + 1),
    ]),
  );

/** Receives lines instead of standard error. */
export interface LogDestination {
  write(line: string): void;
}

/**
 * The log: one JSON line an event on standard error, so that standard output stays for data.
 *
 * No secret is passed to the log; redaction is the second line of defence.
 */
export const createLog = (options: {
  readonly level: string;
  readonly role: string;
  readonly destination?: LogDestination | undefined;
}): Logger =>
  pino(
    {
      level: options.level,
      base: { role: options.role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: (line) => censoredMembers(line, 0) },
    },
    options.destination ?? pino.destination({ dest: 2, sync: false }),
  );
