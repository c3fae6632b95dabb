import { z } from "zod";
import { isOutsideId } from "../install/values/ids.ts";
import { shardsMax } from "../queue/keyspace/shards.ts";
import { readSecretFiles, secretSettings } from "./secret-files.ts";
import {
  baseAddress,
  collectorAddress,
  imageAddress,
  notifyAddress,
  webhookBaseAddress,
} from "./setting-addresses.ts";
import {
  apiKeys,
  hostNames,
  list,
  milliseconds,
  millisecondsList,
  otlpHeaders,
  port,
  redisUrl,
  sealingKeys,
  secretText,
  share,
  webhookSecrets,
  whole,
  yesOrNo,
} from "./setting-forms.ts";
import { weakSecrets } from "./weak-secrets.ts";

/** Thrown for wrong settings: names all of them, without their values. */
export class ConfigError extends Error {
  readonly code = "invalid_settings";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Wrong settings:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** Shorter retention would delete installs in progress: a create, its looks, the wait for its channel. */
const retentionMinMs = 3_600_000;

/** Every setting: its form, its default, what it means. `.env.example` says the same, which a test checks. */
export const settingsSchema = z.object({
  REDIS_URL: redisUrl.optional(),
  REDIS_SERVER_BIN: z.string().optional(),
  BIRD_API_URL: baseAddress.default("https://api.bird.com"),
  BIRD_ACCESS_KEY: secretText.optional(),
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
  META_APP_SECRET: secretText.optional(),
  META_GRAPH_URL: baseAddress.default("https://graph.facebook.com/v23.0"),
  META_CONFIG_ID: z
    .string()
    .regex(/^\d{1,32}$/, "must be the digits of the login configuration's id")
    .optional(),
  META_SDK_URL: baseAddress.default("https://connect.facebook.net/en_US/sdk.js"),
  META_PREFLIGHT: z.enum(["off", "warn", "require"], "must be off, warn or require").optional(),
  META_READS_PER_SECOND: whole(5, 1000).default(20),
  CONNECT_PUBLIC_URL: baseAddress.optional(),
  CONNECT_HOST: z.string().default("127.0.0.1"),
  CONNECT_PORT: port.default(3005),
  CONNECT_ADMIN_PORT: port.default(3006),
  CONNECT_PROXY_HOPS: whole(0, 10).default(0),
  CONNECT_NAME: z.string().max(100, "must have at most 100 characters").optional(),
  CONNECT_LOGO_URL: imageAddress.optional(),
  CONNECT_REDIRECT_HOSTS: hostNames.optional(),
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

/** The valid settings, and all problems of the others. */
export interface InspectedConfig {
  /** An invalid setting counts as not set. */
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

/** Reads the settings for a command that runs although some are wrong. */
export const inspectConfig = (
  env: Readonly<Record<string, string | undefined>>,
  needed: readonly SettingName[] = [],
): InspectedConfig => {
  // A secret of a file, a Kubernetes Secret or a paste often ends in a line break.
  const entries = Object.entries(env).flatMap(([name, value = ""]) =>
    value.trim() === "" ? [] : [[name, value.trim()] as const],
  );
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
  // A setting whose file cannot be used counts as given: reporting it as missing too would repeat one problem.
  const given = { ...set, ...Object.fromEntries([...files.unusable].map((name) => [name, ""])) };
  const missing = needed
    .filter((name) => given[name] === undefined)
    .map((name) => ({ name, message: "is not set" }));
  return { config, problems: [...wrong, ...files.problems, ...missing, ...conflicts(given)] };
};

/** Whether a name is that of a setting, or of a setting's file. */
export const isSettingName = (name: string): boolean =>
  name in settingsSchema.shape || secretSettings.some((secret) => name === `${secret}_FILE`);

/** Settings that are each valid and conflict with each other. */
const conflicts = (set: Readonly<Record<string, string | undefined>>): readonly SettingProblem[] => {
  const isHttp = (name: string): boolean => set[name]?.toLowerCase().startsWith("http:") === true;
  const needs = (name: string, other: string): readonly SettingProblem[] =>
    set[name] !== undefined && set[other] === undefined
      ? [{ name: other, message: `is not set, but ${name} is` }]
      : [];
  const asksMeta = set.META_PREFLIGHT === "warn" || set.META_PREFLIGHT === "require";
  return [
    ...(asksMeta && set.BIRD_ACCESS_KEY !== undefined ? needs("META_PREFLIGHT", "META_APP_ID") : []),
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

/** Allowed settings that need a warning: addresses without encryption. */
export const configWarnings = (config: Config): readonly string[] =>
  (["BIRD_API_URL", "WEBHOOK_PUBLIC_URL", "CONNECT_PUBLIC_URL", "META_GRAPH_URL", "NOTIFY_URL"] as const)
    .filter((name) => config[name]?.toLowerCase().startsWith("http:"))
    .map((name) => `${name} is not encrypted: fine on this machine, never in production.`)
    .concat(collectorWarnings(config));

/** Warns of a collector without encryption only when headers, which hold a secret, are sent to it. */
const collectorWarnings = (config: Config): readonly string[] =>
  (["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] as const)
    .filter((name) => config[name]?.toLowerCase().startsWith("http:"))
    .filter(() => config.OTEL_EXPORTER_OTLP_HEADERS !== undefined)
    .map((name) => `${name} is not encrypted, and OTEL_EXPORTER_OTLP_HEADERS go there.`);
