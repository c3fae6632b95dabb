import { z } from "zod";
import { readApiKeys } from "../api/auth/api-keys.ts";
import { parseSealingKeys } from "../queue/secrets/seal.ts";
import { isRedisUrl } from "../redis/url.ts";

export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "must be a whole number")
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`);

export const port = whole(0, 65_535);
const millisecondsMax = 10 * 365 * 86_400_000;
export const milliseconds = whole(1, millisecondsMax);
const words = z.string().transform((text) => text.split(",").map((word) => word.trim()));
export const list = words.refine((parts) => parts.every((part) => part !== ""), {
  error: "must be a comma list without gaps",
  abort: true,
});

/** Hosts of https addresses, each with its port where that is not 443. */
export const hostNames = list
  .transform((hosts) => hosts.map((host) => host.toLowerCase()))
  .refine(
    (hosts) => hosts.every((host) => URL.parse(`https://${host}/`)?.host === host),
    "must be a comma list of hosts, such as app.example.com: without https:// and without paths",
  );

export const millisecondsList = list.transform((parts, context) => {
  const valid = parts.every((part) => /^\d{1,12}$/.test(part));
  if (valid) return parts.map(Number);
  context.addIssue({ code: "custom", message: "must be a comma list of milliseconds" });
  return z.NEVER;
});

export const yesOrNo = z
  .string()
  .refine((text) => text === "true" || text === "false", "must be true or false")
  .transform((text) => text === "true");

/** Secrets of Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes each. */
export const webhookSecrets = list.refine((secrets) => secrets.every(isWebhookSecret), {
  error: "must be a list whsec_base64-of-24-to-64-bytes",
});

const isWebhookSecret = (text: string): boolean => {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(base64 ?? "", "base64");
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString("base64") === base64;
};

/** Names and percent-encoded values, in the form of OpenTelemetry's settings. */
export const otlpHeaders = z.string().transform((text, context) => {
  const pairs = text.split(",").map((part) => /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*?)\s*$/.exec(part));
  const headers = pairs.map((pair) => [pair?.[1] ?? "", decoded(pair?.[2] ?? "")] as const);
  if (headers.every(([name, value]) => name !== "" && value !== undefined && /^[\t\x20-\x7e]*$/.test(value)))
    return Object.fromEntries(headers.map(([name, value]) => [name, value ?? ""]));
  context.addIssue({ code: "custom", message: "must be a list name=value,… with values percent-encoded" });
  return z.NEVER;
});

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** A secret that is sent in a header or an address. */
export const secretText = z
  .string()
  .refine((text) => !/^(["'`]).*\1$/.test(text), {
    error: "must not stand in quotation marks: some tools keep those of an env file",
    abort: true,
  })
  .regex(
    /^[\x21-\x7e]+$/,
    "must be one line of printable ASCII without spaces: look for a line break or an invisible character that was pasted along",
  );

export const share = z
  .string()
  .regex(/^(?:0?\.\d{1,9}|[01](?:\.0{1,9})?)$/, "must be between 0 and 1, such as 0.01")
  .transform(Number);

export const redisUrl = z
  .string()
  .refine((url) => !/^rediss?:\/\/[^/]*,/.test(url), {
    error:
      "must name one server: for several use redis+sentinel://host:port,host:port/master or redis+cluster://host:port,host:port",
    abort: true,
  })
  .refine((url) => !/^rediss?:\/\/.*(@.*@|#)/.test(url), {
    error: "must have @ and # of a password percent-encoded, as %40 and %23",
    abort: true,
  })
  .refine(
    isRedisUrl,
    "must be redis://, rediss://, unix:///, redis+sentinel://host:port,host:port/master or redis+cluster://host:port,host:port",
  );

export const sealingKeys = z.string().transform((text, context) => {
  const keys = parseSealingKeys(text);
  if (keys !== undefined) return { text, keys };
  context.addIssue({ code: "custom", message: "must be a list kid:base64url-32-bytes (perch keys seal)" });
  return z.NEVER;
});

export const apiKeys = z.string().transform((text, context) => {
  const read = readApiKeys(text);
  if ("keys" in read) return read.keys;
  const form =
    "must be a list name:sha256-hex:scope+scope, each with :workspace+workspace or not (perch keys api)";
  context.addIssue({ code: "custom", message: `${form}; ${read.issues.join("; ")}` });
  return z.NEVER;
});
