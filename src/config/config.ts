import { z } from "zod";
import { readApiKeys } from "../api/auth/api-keys.ts";
import { isOutsideId } from "../install/id-rules.ts";
import { shardsMax } from "../queue/keyspace/shards.ts";
import { parseSealingKeys } from "../queue/secrets/seal.ts";
import { parseRedisUrl } from "../redis/url.ts";
import { readSecretFiles, secretSettings } from "./secret-files.ts";
import { baseAddress, collectorAddress, notifyAddress, webhookBaseAddress } from "./setting-addresses.ts";
import { weakSecrets } from "./weak-secrets.ts";

/** Settings that are wrong, all of them, by name and never with their values. */
export class ConfigError extends Error {
  readonly code = "invalid_settings";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Wrong settings:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "must be a whole number")
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`);

const port = whole(0, 65_535);
const millisecondsMax = 10 * 365 * 86_400_000;
const milliseconds = whole(1, millisecondsMax);
/** What is under way for less than this must not be forgotten: a create, its looks, the wait for its channel. */
const retentionMinMs = 3_600_000;
const words = z.string().transform((text) => text.split(",").map((word) => word.trim()));
const list = words.refine((parts) => parts.every((part) => part !== ""), {
  error: "must be a comma list without gaps",
  abort: true,
});

const millisecondsList = list.transform((parts, context) => {
  const valid = parts.every((part) => /^\d{1,12}$/.test(part));
  if (valid) return parts.map(Number);
  context.addIssue({ code: "custom", message: "must be a comma list of milliseconds" });
  return z.NEVER;
});

const yesOrNo = z
  .string()
  .refine((text) => text === "true" || text === "false", "must be true or false")
  .transform((text) => text === "true");

/** Secrets of Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes each. */
const webhookSecrets = list.refine((secrets) => secrets.every(isWebhookSecret), {
  error: "must be a list whsec_base64-of-24-to-64-bytes",
});

const isWebhookSecret = (text: string): boolean => {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(base64 ?? "", "base64");
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString("base64") === base64;
};

/** Names and percent-encoded values, as OpenTelemetry's settings have them. */
const otlpHeaders = z.string().transform((text, context) => {
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

const share = z
  .string()
  .regex(/^(?:0?\.\d{1,9}|[01](?:\.0{1,9})?)$/, "must be between 0 and 1, such as 0.01")
  .transform(Number);

const redisUrl = z
  .string()
  .refine(
    (url) => parseRedisUrl(url) !== undefined,
    "must be redis://, rediss://, unix:///, redis+sentinel://host:port,host:port/master or redis+cluster://host:port,host:port",
  );

const sealingKeys = z.string().transform((text, context) => {
  const keys = parseSealingKeys(text);
  if (keys !== undefined) return { text, keys };
  context.addIssue({ code: "custom", message: "must be a list kid:base64url-32-bytes (perch keys seal)" });
  return z.NEVER;
});

const apiKeys = z.string().transform((text, context) => {
  const read = readApiKeys(text);
  if ("keys" in read) return read.keys;
  const form =
    "must be a list name:sha256-hex:scope+scope, each with :workspace+workspace or not (perch keys api)";
  context.addIssue({ code: "custom", message: `${form}; ${read.faults.join("; ")}` });
  return z.NEVER;
});

/** Every setting: its form, its default, what it means. `.env.example` says the same, which a test checks. */
export const settingsSchema = z.object({
  REDIS_URL: redisUrl.optional(),
  REDIS_SERVER_BIN: z.string().optional(),
  BIRD_API_URL: baseAddress.default("https://api.bird.com"),
  BIRD_ACCESS_KEY: z.string().optional(),
  BIRD_ORGANIZATION_ID: z
    .string()
    .refine(isOutsideId, "must be the organization's id at Bird: letters, digits and hyphens, such as a UUID")
    .optional(),
  BIRD_CONNECTOR_TEMPLATE: z.string().default("whatsapp:1"),
  BIRD_REQUEST_TIMEOUT_MS: whole(100, 600_000).default(30_000),
  BIRD_POSTS_PER_SECOND: whole(1, 100_000).default(400),
  BIRD_GETS_PER_SECOND: whole(1, 100_000).default(20),
  WEBHOOK_PUBLIC_URL: webhookBaseAddress.optional(),
  WEBHOOK_SIGNING_KEYS: list
    .refine((keys) => keys.every((key) => key.length >= 16), "must have at least 16 characters in each key")
    .optional(),
  WEBHOOK_SIGNING_SECRET: z.string().min(16, "must have at least 16 characters").optional(),
  WEBHOOK_MAX_AGE_MS: milliseconds.default(86_400_000),
  WEBHOOK_HOST: z.string().default("127.0.0.1"),
  WEBHOOK_PORT: port.default(3001),
  WORKER_PORT: port.default(3002),
  WEBHOOK_ADMIN_PORT: port.default(3004),
  ADMIN_HOST: z.string().default("127.0.0.1"),
  SANDBOX_PORT: port.default(3003),
  SEALING_KEYS: sealingKeys.optional(),
  API_KEYS: apiKeys.optional(),
  API_HOST: z.string().default("127.0.0.1"),
  API_PORT: port.default(3000),
  API_REQUESTS_PER_SECOND: whole(0, 1_000_000).default(200),
  NOTIFY_URL: notifyAddress.optional(),
  NOTIFY_SECRET: webhookSecrets.optional(),
  NOTIFY_ALLOW_PRIVATE: yesOrNo.default(false),
  META_APP_ID: z.string().optional(),
  META_APP_SECRET: z.string().optional(),
  META_GRAPH_URL: baseAddress.default("https://graph.facebook.com/v23.0"),
  SHARDS: whole(1, shardsMax).default(1),
  WORKER_CONCURRENCY: whole(1, 1000).default(100),
  INSTALL_MAX_ATTEMPTS: whole(1, 1000).default(8),
  BACKOFF_BASE_MS: milliseconds.default(1000),
  BACKOFF_CAP_MS: milliseconds.default(300_000),
  HOLD_BASE_MS: milliseconds.default(30_000),
  HOLD_CAP_MS: milliseconds.default(900_000),
  SUBMISSION_LOOK_DELAYS_MS: millisecondsList.default([2000, 10_000, 30_000]),
  CHANNEL_FIRST_POLL_MS: milliseconds.default(30_000),
  CHANNEL_DEADLINE_MS: milliseconds.default(3_600_000),
  CHANNEL_READY_STATUSES: list.default(["active"]),
  NUMBER_MAX_CREATES: whole(1, 1000).default(5),
  NUMBER_WINDOW_MS: milliseconds.default(259_200_000),
  RETENTION_MS: milliseconds
    .refine(
      (ms) => ms >= retentionMinMs,
      "must be at least 3600000, an hour: installs, batches and events would be forgotten while they are under way",
    )
    .default(2_592_000_000),
  OTEL_EXPORTER_OTLP_ENDPOINT: collectorAddress.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collectorAddress.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders.optional(),
  OTEL_SERVICE_NAME: z.string().max(255, "must have at most 255 characters").optional(),
  OTEL_TRACES_SAMPLER_ARG: share.default(1),
  LOG_LEVEL: z
    .enum(
      ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
      "must be a pino level, such as info",
    )
    .default("info"),
  LOG_FORMAT: z.enum(["text", "json"], "must be text or json").optional(),
});

export type Config = z.output<typeof settingsSchema>;
/** Sealing keys, and the text they were read from, which `createProducer` takes. */
export type SealingKeys = NonNullable<Config["SEALING_KEYS"]>;
export type SettingName = keyof Config;

/** One thing that is wrong with one setting; the message never holds its value. */
export interface SettingProblem {
  readonly name: string;
  readonly message: string;
}

/** The settings as far as they are right, and all that is wrong with them. */
export interface InspectedConfig {
  /** Settings that are wrong by themselves count as not set. */
  readonly config: Config;
  readonly problems: readonly SettingProblem[];
}

/**
 * Reads the settings. The only reader of the environment's names; an empty value counts as not set.
 *
 * @param needed Settings the command can't do without.
 * @throws {ConfigError} naming everything that is wrong or missing at once.
 */
export const readConfig = (
  env: Readonly<Record<string, string | undefined>>,
  needed: readonly SettingName[] = [],
): Config => {
  const { config, problems } = inspectConfig(env, needed);
  if (problems.length > 0) throw new ConfigError(problems.map(({ name, message }) => `${name} ${message}`));
  return config;
};

/** The same for a command that has to go on whatever is wrong. */
export const inspectConfig = (
  env: Readonly<Record<string, string | undefined>>,
  needed: readonly SettingName[] = [],
): InspectedConfig => {
  const entries = Object.entries(env).filter(([, value]) => value !== undefined && value !== "");
  const files = readSecretFiles(Object.fromEntries(entries));
  const usable = entries.filter(([name]) => !files.unusable.has(name));
  const set: Record<string, string | undefined> = Object.fromEntries([...usable, ...files.values]);
  const parsed = settingsSchema.safeParse(set);
  const malformed = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => ({ name: path.join("."), message }));
  const names = new Set(malformed.map(({ name }) => name));
  const right = Object.fromEntries(Object.entries(set).filter(([name]) => !names.has(name)));
  const config = parsed.success ? parsed.data : settingsSchema.parse(right);
  const wrong = [...malformed, ...weakSecrets(right, config)].map(({ name, message }) => ({
    name,
    message: files.values.has(name) ? `(from ${name}_FILE) ${message}` : message,
  }));
  // A setting whose file cannot be used is given all the same: that it is missing would be one fault told twice.
  const given = { ...set, ...Object.fromEntries([...files.unusable].map((name) => [name, ""])) };
  const missing = needed
    .filter((name) => given[name] === undefined)
    .map((name) => ({ name, message: "is not set" }));
  return { config, problems: [...wrong, ...files.problems, ...missing, ...conflicts(given)] };
};

/** Whether a name is one of a setting, or of one's file. */
export const isSettingName = (name: string): boolean =>
  name in settingsSchema.shape || secretSettings.some((secret) => name === `${secret}_FILE`);

/** Settings that are good by themselves and wrong together. */
const conflicts = (set: Readonly<Record<string, string | undefined>>): readonly SettingProblem[] => {
  const isHttp = (name: string): boolean => set[name]?.toLowerCase().startsWith("http:") === true;
  const needs = (name: string, other: string): readonly SettingProblem[] =>
    set[name] !== undefined && set[other] === undefined
      ? [{ name: other, message: `is not set, but ${name} is` }]
      : [];
  return [
    ...needs("META_APP_ID", "META_APP_SECRET"),
    ...needs("META_APP_SECRET", "META_APP_ID"),
    ...needs("NOTIFY_URL", "NOTIFY_SECRET"),
    ...(isHttp("NOTIFY_URL") && set.NOTIFY_ALLOW_PRIVATE !== "true"
      ? [
          {
            name: "NOTIFY_URL",
            message: "must be an https address, unless NOTIFY_ALLOW_PRIVATE is true",
          },
        ]
      : []),
  ];
};

/** What is allowed but should be known: addresses that are not encrypted. */
export const configWarnings = (config: Config): readonly string[] =>
  (["BIRD_API_URL", "WEBHOOK_PUBLIC_URL", "META_GRAPH_URL", "NOTIFY_URL"] as const)
    .filter((name) => config[name]?.toLowerCase().startsWith("http:"))
    .map((name) => `${name} is not encrypted: fine on this machine, never in production.`)
    .concat(collectorWarnings(config));

/** A collector in a network of one's own is usual without encryption; a secret that goes to it is not. */
const collectorWarnings = (config: Config): readonly string[] =>
  (["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] as const)
    .filter((name) => config[name]?.toLowerCase().startsWith("http:"))
    .filter(() => config.OTEL_EXPORTER_OTLP_HEADERS !== undefined)
    .map((name) => `${name} is not encrypted, and OTEL_EXPORTER_OTLP_HEADERS go there.`);
