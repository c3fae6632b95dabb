import { prettyFactory } from "pino-pretty";
import { printable } from "../cli/terminal/io.ts";

/** Members every line has, or that only a program needs: ids of what the line names already, and repeated state. */
const hidden = new Set([
  ...[
    "level",
    "time",
    "role",
    "msg",
    "pid",
    "hostname",
    "installId",
    "notificationId",
    "requestId",
    "status",
  ],
  ...["batchId", "workspaceId", "connectorId", "channelId", "channelStatus", "attempt", "err", "what"],
]);

/** Members shown without their name. */
const bare = new Set(["method", "route", "httpStatus", "url", "code", "reason", "detail", "fix", "signal"]);

const levels: ReadonlyMap<unknown, string> = new Map([
  [40, "WARN "],
  [50, "ERROR "],
  [60, "FATAL "],
]);

/**
 * Turns the log's JSON lines into lines for people: the time, what happened to which install, and in brackets what it
 * depends on. Lines of the level warn and above show more.
 *
 * @param options.write Takes each line with its line end.
 */
export const createTextDestination = (options: {
  readonly hasColors: boolean;
  readonly write: (line: string) => void;
}): { write(line: string): void } => {
  const pretty = prettyFactory({
    colorize: options.hasColors,
    hideObject: true,
    ignore: "level,time",
    customColors: "message:reset",
    messageFormat: (line, _messageKey, _levelLabel, { colors }) => {
      const label = levels.get(line.level) ?? "";
      const level = line.level === 40 ? colors.yellow(label) : colors.red(label);
      return `${colors.dim(clock(line.time))} ${label === "" ? "" : level}${sentence(line)}`;
    },
  });
  return { write: (line) => options.write(pretty(line)) };
};

/** Local time: "22:01:07". */
const clock = (time: unknown): string => {
  const date = new Date(String(time));
  return Number.isNaN(date.getTime()) ? "--:--:--" : date.toTimeString().slice(0, 8);
};

const sentence = (line: Readonly<Record<string, unknown>>): string =>
  `${printable(`${withSubject(String(line.msg), line)}${membersText(line)}`)}${faultText(line)}`;

/** Names the install or notification that a message is about: "install completed" → "install 01J… completed". */
const withSubject = (
  message: string,
  { installId, notificationId }: Readonly<Record<string, unknown>>,
): string => {
  if (typeof installId !== "string")
    return typeof notificationId === "string"
      ? message.replace(/\bnotification\b/, () => `notification ${notificationId}`)
      : message;
  return /\binstall\b/.test(message)
    ? message.replace(/\binstall\b/, () => `install ${installId}`)
    : `${message}, install ${installId}`;
};

/** Members that lines of the level warn and above show as well. */
const hiddenOfGood = new Set(["batchId", "workspaceId", "connectorId", "channelId", "requestId", "what"]);

const membersText = (line: Readonly<Record<string, unknown>>): string => {
  const isGood = typeof line.level === "number" && line.level < 40;
  const isShown = (name: string): boolean => {
    if (name === "batchId" && line.installId === undefined) return true;
    return !hidden.has(name) || (!isGood && hiddenOfGood.has(name));
  };
  const texts = Object.entries(line)
    .filter(([name]) => isShown(name))
    .map(([name, value]) => memberText(name, value))
    .filter((text) => text !== "");
  return texts.length === 0 ? "" : ` (${texts.join(", ")})`;
};

const memberText = (name: string, value: unknown): string => {
  if (value === null || value === undefined || value === "") return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  if (name === "ms") return `${text} ms`;
  if (name.endsWith("Ms") && typeof value === "number" && value > 1e12)
    return `${name.slice(0, -2)} ${clock(new Date(value).toISOString())}`;
  return bare.has(name) ? text : `${name} ${text}`;
};

/** A fault with its stack, which starts with its message. */
const faultText = ({ err }: Readonly<Record<string, unknown>>): string => {
  if (typeof err !== "object" || err === null) return "";
  const stack = "stack" in err ? err.stack : undefined;
  const message = "message" in err ? err.message : undefined;
  const lines = String(stack ?? message ?? JSON.stringify(err)).split("\n");
  return lines.map((each) => `\n  ${printable(each)}`).join("");
};
