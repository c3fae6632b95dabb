import { type Logger, pino } from "pino";

export type { Logger };

/** Members that hold secrets, wherever a logged object has them. */
const secretNames = [
  "accessToken",
  "invitationToken",
  "signupCode",
  "securityArguments",
  "authorization",
  "sealed",
  "signingKey",
  "accessKey",
];

/**
 * The log: one JSON line an event on standard error, so that standard output stays for data.
 *
 * Nothing secret is ever handed to the log; redaction is the second line of defence.
 */
export const createLog = (options: { readonly level: string; readonly role: string }): Logger =>
  pino(
    {
      level: options.level,
      base: { role: options.role },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: "[redacted]",
      },
    },
    pino.destination({ dest: 2, sync: false }),
  );
