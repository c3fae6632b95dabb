import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { parseApiKeys } from "../../src/api/auth/api-keys.ts";
import { ConfigError, configWarnings, readConfig, settingsSchema } from "../../src/config/config.ts";
import { parseSealingKeys } from "../../src/queue/secrets/seal.ts";

const names = Object.keys(settingsSchema.shape);
const bytesOf = (text: string): Buffer => createHash("sha256").update(text).digest();
const sealingKey = `k1:${bytesOf("sealing").toString("base64url")}`;
const apiKey = `crm:${bytesOf("a key of the API").toString("hex")}:read+write`;
const webhookSecret = `whsec_${bytesOf("notify").toString("base64")}`;
const otherWebhookSecret = `whsec_${bytesOf("notify before").toString("base64")}`;

/** Settings that only work together with another. */
const companions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  META_APP_ID: { META_APP_SECRET: "s" },
  META_APP_SECRET: { META_APP_ID: "1" },
  NOTIFY_URL: { NOTIFY_SECRET: webhookSecret },
};

/** Section 2 of the public contract, as far as the settings exist; undefined: not set. */
const contractDefaults = {
  REDIS_URL: undefined,
  BIRD_API_URL: "https://api.bird.com",
  BIRD_ACCESS_KEY: undefined,
  BIRD_CONNECTOR_TEMPLATE: "whatsapp:1",
  BIRD_REQUEST_TIMEOUT_MS: 30000,
  BIRD_POSTS_PER_SECOND: 400,
  BIRD_GETS_PER_SECOND: 20,
  NUMBER_MAX_CREATES: 5,
  NUMBER_WINDOW_MS: 259200000,
  WEBHOOK_PUBLIC_URL: undefined,
  WEBHOOK_SIGNING_KEYS: undefined,
  WEBHOOK_SIGNING_SECRET: undefined,
  WEBHOOK_MAX_AGE_MS: 86400000,
  WEBHOOK_HOST: "127.0.0.1",
  WEBHOOK_PORT: 3001,
  WORKER_PORT: 3002,
  WEBHOOK_ADMIN_PORT: 3004,
  SANDBOX_PORT: 3003,
  SEALING_KEYS: undefined,
  BIRD_ORGANIZATION_ID: undefined,
  API_KEYS: undefined,
  API_HOST: "127.0.0.1",
  API_PORT: 3000,
  API_REQUESTS_PER_SECOND: 200,
  NOTIFY_URL: undefined,
  NOTIFY_SECRET: undefined,
  NOTIFY_ALLOW_PRIVATE: false,
  META_APP_ID: undefined,
  META_APP_SECRET: undefined,
  META_GRAPH_URL: "https://graph.facebook.com/v23.0",
  META_PREFLIGHT: undefined,
  WORKER_CONCURRENCY: 100,
  INSTALL_MAX_ATTEMPTS: 8,
  BACKOFF_BASE_MS: 1000,
  BACKOFF_CAP_MS: 300000,
  HOLD_BASE_MS: 30000,
  HOLD_CAP_MS: 900000,
  SUBMISSION_LOOK_DELAYS_MS: [2000, 10000, 30000],
  CHANNEL_FIRST_POLL_MS: 30000,
  CHANNEL_DEADLINE_MS: 3600000,
  CHANNEL_READY_STATUSES: ["active"],
  RETENTION_MS: 2592000000,
  META_CONFIG_ID: undefined,
  META_SDK_URL: "https://connect.facebook.net/en_US/sdk.js",
  CONNECT_PUBLIC_URL: undefined,
  CONNECT_PORT: 3005,
  CONNECT_NAME: undefined,
  CONNECT_LOGO_URL: undefined,
  CONNECT_REDIRECT_HOSTS: undefined,
  SHARDS: 1,
  LOG_LEVEL: "info",
};

/** Settings the contract does not name. */
const ownSettings = [
  "CONNECT_HOST",
  "CONNECT_ADMIN_PORT",
  "CONNECT_PROXY_HOPS",
  "REDIS_SERVER_BIN",
  "ADMIN_HOST",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_SERVICE_NAME",
  "OTEL_TRACES_SAMPLER_ARG",
  "LOG_FORMAT",
  "META_READS_PER_SECOND",
];

/** A good value for each setting, unlike its default, and what it is read as. */
const goodValues: Readonly<Record<string, readonly [given: string, read: unknown]>> = {
  REDIS_URL: ["redis://cache:6380/1", "redis://cache:6380/1"],
  REDIS_SERVER_BIN: ["/opt/valkey-server", "/opt/valkey-server"],
  BIRD_API_URL: ["https://bird.example/v1", "https://bird.example/v1"],
  BIRD_ACCESS_KEY: ["key", "key"],
  BIRD_CONNECTOR_TEMPLATE: ["whatsapp:2", "whatsapp:2"],
  BIRD_POSTS_PER_SECOND: ["300", 300],
  BIRD_GETS_PER_SECOND: ["10", 10],
  NUMBER_MAX_CREATES: ["3", 3],
  NUMBER_WINDOW_MS: ["1000", 1000],
  BIRD_REQUEST_TIMEOUT_MS: ["100", 100],
  WEBHOOK_PUBLIC_URL: ["https://perch.example/hooks//", "https://perch.example/hooks"],
  WEBHOOK_SIGNING_KEYS: [
    "the-new-signing-key, the-old-signing-key",
    ["the-new-signing-key", "the-old-signing-key"],
  ],
  WEBHOOK_SIGNING_SECRET: ["sixteen-letters!", "sixteen-letters!"],
  WEBHOOK_MAX_AGE_MS: ["1", 1],
  WEBHOOK_HOST: ["0.0.0.0", "0.0.0.0"],
  WEBHOOK_PORT: ["0", 0],
  WORKER_PORT: ["0", 0],
  WEBHOOK_ADMIN_PORT: ["1", 1],
  ADMIN_HOST: ["0.0.0.0", "0.0.0.0"],
  SANDBOX_PORT: ["65535", 65535],
  SEALING_KEYS: [sealingKey, { text: sealingKey, keys: parseSealingKeys(sealingKey) }],
  BIRD_ORGANIZATION_ID: ["org", "org"],
  API_KEYS: [apiKey, parseApiKeys(apiKey)],
  API_HOST: ["0.0.0.0", "0.0.0.0"],
  API_PORT: ["0", 0],
  API_REQUESTS_PER_SECOND: ["0", 0],
  NOTIFY_URL: ["https://crm.example/perch", "https://crm.example/perch"],
  NOTIFY_SECRET: [`${webhookSecret}, ${otherWebhookSecret}`, [webhookSecret, otherWebhookSecret]],
  NOTIFY_ALLOW_PRIVATE: ["true", true],
  META_APP_ID: ["1234", "1234"],
  META_APP_SECRET: ["secret", "secret"],
  META_GRAPH_URL: ["https://graph.example/v24.0", "https://graph.example/v24.0"],
  META_PREFLIGHT: ["require", "require"],
  META_READS_PER_SECOND: ["50", 50],
  SHARDS: ["27", 27],
  WORKER_CONCURRENCY: ["1000", 1000],
  INSTALL_MAX_ATTEMPTS: ["1", 1],
  BACKOFF_BASE_MS: ["5", 5],
  BACKOFF_CAP_MS: ["6", 6],
  HOLD_BASE_MS: ["7", 7],
  HOLD_CAP_MS: ["8", 8],
  SUBMISSION_LOOK_DELAYS_MS: ["1, 2", [1, 2]],
  CHANNEL_FIRST_POLL_MS: ["9", 9],
  CHANNEL_DEADLINE_MS: ["10", 10],
  CHANNEL_READY_STATUSES: ["active, live", ["active", "live"]],
  RETENTION_MS: ["3600011", 3_600_011],
  CONNECT_PUBLIC_URL: ["https://connect.example.com/", "https://connect.example.com"],
  META_CONFIG_ID: ["1234", "1234"],
  META_SDK_URL: ["http://localhost:3003/meta/sdk.js", "http://localhost:3003/meta/sdk.js"],
  CONNECT_HOST: ["0.0.0.0", "0.0.0.0"],
  CONNECT_PORT: ["0", 0],
  CONNECT_ADMIN_PORT: ["4006", 4006],
  CONNECT_PROXY_HOPS: ["1", 1],
  CONNECT_NAME: ["Acme Platform", "Acme Platform"],
  CONNECT_LOGO_URL: ["https://cdn.example.com/logo.svg", "https://cdn.example.com/logo.svg"],
  CONNECT_REDIRECT_HOSTS: ["App.example.com, b.example:8443", ["app.example.com", "b.example:8443"]],
  OTEL_EXPORTER_OTLP_ENDPOINT: ["http://otel.internal:4318", "http://otel.internal:4318"],
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ["https://otel.example/in", "https://otel.example/in"],
  OTEL_EXPORTER_OTLP_HEADERS: ["api-key=a%2Cb=, Other = plain ", { "api-key": "a,b=", Other: "plain" }],
  OTEL_SERVICE_NAME: ["installs", "installs"],
  OTEL_TRACES_SAMPLER_ARG: ["0.01", 0.01],
  LOG_LEVEL: ["trace", "trace"],
  LOG_FORMAT: ["text", "text"],
};

const problemsOf = (...given: Parameters<typeof readConfig>): readonly string[] => {
  try {
    readConfig(...given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return assert.fail(`taken: ${JSON.stringify(given)}`);
};

const settingOf = (config: object, name: string): unknown =>
  new Map<string, unknown>(Object.entries(config)).get(name);

test("the defaults are the contract's", () => {
  const config = readConfig({});
  for (const [name, value] of Object.entries(contractDefaults)) {
    assert.deepEqual(settingOf(config, name), value, name);
  }
});

test("every setting is one of the contract's or known to be our own", () => {
  const known = [...Object.keys(contractDefaults), ...ownSettings];
  assert.deepEqual(names.toSorted(), known.toSorted());
  assert.deepEqual(names.toSorted(), Object.keys(goodValues).sort());
});

for (const [name, [given, read]] of Object.entries(goodValues)) {
  test(`${name} is read`, () => {
    assert.deepEqual(settingOf(readConfig({ ...companions[name], [name]: given }), name), read);
  });

  test(`an empty ${name} counts as not set`, () => {
    assert.deepEqual(readConfig({ [name]: "" }), readConfig({}));
    assert.deepEqual(readConfig({ [name]: undefined }), readConfig({}));
  });
}

test("names that are no settings are none of our business", () => {
  assert.deepEqual(readConfig({ PATH: "/bin", BIRD_SOMETHING: "x" }), readConfig({}));
});

for (const [name, value, problem] of [
  ["REDIS_URL", "http://cache", /redis:\/\//],
  ["REDIS_URL", "redis://", /redis:\/\//],
  ["REDIS_URL", "unix://relative", /unix:\/\/\//],
  ["BIRD_REQUEST_TIMEOUT_MS", "99", /between 100 and 600000/],
  ["BIRD_REQUEST_TIMEOUT_MS", "30s", /whole number/],
  ["BACKOFF_BASE_MS", "0", /between 1 and/],
  ["BACKOFF_BASE_MS", "-1", /whole number/],
  ["BACKOFF_BASE_MS", "1.5", /whole number/],
  ["BACKOFF_BASE_MS", "1e3", /whole number/],
  ["BACKOFF_BASE_MS", "1 0", /whole number/],
  ["BIRD_ACCESS_KEY", "x\ny", /one line of printable ASCII/],
  ["BIRD_ACCESS_KEY", "x y", /one line of printable ASCII/],
  ["BIRD_ACCESS_KEY", "x\u200b", /invisible character/],
  ["BIRD_ACCESS_KEY", '"key"', /quotation marks/],
  ["BIRD_ACCESS_KEY", "'key'", /quotation marks/],
  ["REDIS_URL", "redis://a:1,b:2", /redis\+sentinel:\/\/.*redis\+cluster:\/\//],
  ["REDIS_URL", "redis://:p@ss@host:6379", /percent-encode/],
  ["REDIS_URL", "redis://:p#ss@host:6379", /percent-encode/],
  ["REDIS_URL", "redis://:p/ss@host:6379", /must be redis:/],
  ["REDIS_URL", "unix:///tmp/%", /must be redis:/],
  ["REDIS_URL", "unix:///tmp/redis.sock?password=p", /must be redis:/],
  ["REDIS_URL", "redis+sentinel://:%@host:1/master", /must be redis:/],
  ["RETENTION_MS", "999999999999999", /between 1 and/],
  ["RETENTION_MS", "3599999", /at least 3600000, an hour: installs, batches and events would be forgotten/],
  ["WEBHOOK_PORT", "65536", /between 0 and 65535/],
  ["WORKER_CONCURRENCY", "0", /between 1 and 1000/],
  ["INSTALL_MAX_ATTEMPTS", "0", /between 1 and 1000/],
  ["WEBHOOK_SIGNING_KEYS", "a,,b", /gaps/],
  ["WEBHOOK_SIGNING_SECRET", "short", /16 characters/],
  ["SEALING_KEYS", "k1:short", /kid:base64url-32-bytes/],
  ["SUBMISSION_LOOK_DELAYS_MS", "10,x", /milliseconds/],
  ["SUBMISSION_LOOK_DELAYS_MS", "10,,20", /gaps/],
  ["CHANNEL_READY_STATUSES", ",", /gaps/],
  ["LOG_LEVEL", "loud", /pino level/],
  ["LOG_FORMAT", "pretty", /text or json/],
  ["API_KEYS", "crm", /name:sha256-hex/],
  ["API_KEYS", `crm:${"0".repeat(63)}:read`, /name:sha256-hex/],
  ["API_KEYS", `crm:${"0".repeat(64)}:root`, /name:sha256-hex/],
  ["API_KEYS", `crm:${"0".repeat(64)}:`, /name:sha256-hex/],
  ["API_KEYS", `crm:${"0".repeat(64)}:read,crm:${"1".repeat(64)}:read`, /name:sha256-hex/],
  ["API_KEYS", `crm:${"0".repeat(64)}:read,erp:${"0".repeat(64)}:read`, /name:sha256-hex/],
  ["NOTIFY_SECRET", "whsec_short", /whsec_base64/],
  ["NOTIFY_SECRET", "a".repeat(40), /whsec_base64/],
  ["NOTIFY_ALLOW_PRIVATE", "yes", /true or false/],
  ["API_REQUESTS_PER_SECOND", "-1", /whole number/],
  ["META_CONFIG_ID", "config", /digits/],
  ["CONNECT_PROXY_HOPS", "11", /between 0 and 10/],
  ["CONNECT_NAME", "x".repeat(101), /100 characters/],
  ["CONNECT_LOGO_URL", "http://cdn.example.com/logo.svg", /https/],
  ["CONNECT_REDIRECT_HOSTS", "https://app.example.com", /without https/],
  ["CONNECT_REDIRECT_HOSTS", "app.example.com/x", /without paths/],
  ["CONNECT_REDIRECT_HOSTS", "a.example,,b.example", /gaps/],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "otel:4318", /http or https/],
  ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://me:secret@otel.example", /without a user name/],
  ["OTEL_EXPORTER_OTLP_HEADERS", "api-key", /name=value/],
  ["OTEL_EXPORTER_OTLP_HEADERS", "api-key=%zz", /percent-encoded/],
  ["OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%0d%0ab", /percent-encoded/],
  ["OTEL_TRACES_SAMPLER_ARG", "1.1", /between 0 and 1/],
  ["OTEL_TRACES_SAMPLER_ARG", "1%", /between 0 and 1/],
] as const) {
  test(`${name}=${value} is refused in one line that names it`, () => {
    const [line, ...others] = problemsOf({ [name]: value });
    assert.match(line ?? "", new RegExp(`^${name} must `));
    assert.match(line ?? "", problem);
    assert.deepEqual(others, []);
  });
}

for (const name of ["BIRD_API_URL", "WEBHOOK_PUBLIC_URL", "CONNECT_PUBLIC_URL", "META_GRAPH_URL"]) {
  for (const url of [
    "https://perch.example",
    "https://perch.example:8443/a",
    "http://localhost:3001",
    "http://127.0.0.1",
    "http://[::1]:3001",
  ]) {
    test(`${name} may be ${url}`, () => {
      assert.equal(settingOf(readConfig({ [name]: url }), name), url);
    });
  }
  for (const url of [
    "http://perch.example",
    "http://127.0.0.1.perch.example",
    "http://localhost.perch.example",
    "http://localhost@perch.example",
    "http://127.0.0.1:80@perch.example",
    "http://10.0.0.1",
    "ftp://localhost",
    "perch.example",
    "https://",
    "//perch.example",
    "https:perch.example",
    "https:/perch.example",
    "https:///perch.example",
    "https:\\\\perch.example",
    "http:127.0.0.1:41881",
    "https://user@perch.example",
    "https://:CANARY@perch.example",
    "https://@perch.example",
    "https://perch\n.example",
    "https://perch.example/a b",
  ]) {
    test(`${name} may not be ${url}`, () => {
      assert.deepEqual(problemsOf({ [name]: url }), [
        `${name} must be an https address, or http on this machine, without a user name or password`,
      ]);
    });
  }
}

for (const [url, says] of [
  ["https://perch.example/webhooks/bird", /give the part before/],
  ["https://perch.example/webhooks/bird/", /give the part before/],
  ["https://perch.example/in/Webhooks/Bird/5a9a2a1c-1fd1-4a5c-8f5a-0f6b2f0c7d1a", /give the part before/],
  ["https://perch.example/webhooks/bird?x=1", /give the part before/],
  ["https://perch.example/?x=1", /plain base address/],
  ["https://perch.example?", /plain base address/],
  ["https://perch.example#a", /plain base address/],
  ["https://perch.example/a/../b", /plain base address/],
] as const)
  test(`bug: WEBHOOK_PUBLIC_URL may be ${url}`, () => {
    const [line = "", ...others] = problemsOf({ WEBHOOK_PUBLIC_URL: url });
    assert.match(line, says);
    assert.deepEqual(others, []);
  });

for (const name of ["NOTIFY_URL", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
  for (const url of ["https:crm.example", "https://me:CANARY@crm.example", "https://crm.example\\x"])
    test(`${name} may not be ${url}`, () => {
      const [line = "", ...others] = problemsOf({ [name]: url, NOTIFY_SECRET: webhookSecret });
      assert.match(line, new RegExp(`^${name} must be an http`));
      assert.doesNotMatch(line, /CANARY/);
      assert.deepEqual(others, []);
    });

test("settings that only work together are named together", () => {
  const together = (env: Record<string, string>) => problemsOf(env).join("\n");
  assert.equal(together({ META_APP_ID: "1" }), "META_APP_SECRET is not set, but META_APP_ID is");
  assert.equal(together({ META_APP_SECRET: "1" }), "META_APP_ID is not set, but META_APP_SECRET is");
  assert.equal(
    together({ NOTIFY_URL: "https://crm.example" }),
    "NOTIFY_SECRET is not set, but NOTIFY_URL is",
  );
  const plain = { NOTIFY_URL: "http://crm.example", NOTIFY_SECRET: webhookSecret };
  assert.match(together(plain), /^NOTIFY_URL must be an https address, unless/);
  assert.ok(readConfig({ ...plain, NOTIFY_ALLOW_PRIVATE: "true" }));
  assert.match(together({ META_APP_ID: "1", API_PORT: "x" }), /API_PORT[\s\S]*META_APP_SECRET/);
});

test("everything that is wrong or missing is named at once", () => {
  const env = { REDIS_URL: "x", WEBHOOK_PORT: "x", LOG_LEVEL: "x", BIRD_ACCESS_KEY: "" };
  const problems = problemsOf(env, ["BIRD_ACCESS_KEY", "SEALING_KEYS", "REDIS_URL"]);
  assert.deepEqual(problems.map((problem) => problem.split(" ")[0]).sort(), [
    "BIRD_ACCESS_KEY",
    "LOG_LEVEL",
    "REDIS_URL",
    "SEALING_KEYS",
    "WEBHOOK_PORT",
  ]);
  assert.throws(
    () => readConfig(env),
    (error) =>
      error instanceof ConfigError &&
      error.code === "invalid_settings" &&
      error.problems.every((problem) => error.message.includes(problem)),
  );
});

test("needed settings may come from the environment alone, not from a default", () => {
  assert.deepEqual(problemsOf({}, ["BIRD_API_URL"]), ["BIRD_API_URL is not set"]);
  assert.equal(readConfig({ BIRD_ACCESS_KEY: "k" }, ["BIRD_ACCESS_KEY"]).BIRD_ACCESS_KEY, "k");
});

test("no problem ever shows a value", () => {
  const canary = "CANARY9";
  // One form after another that some setting or other refuses.
  for (const value of [canary, `${canary},,`, `http://${canary}`, `-1${canary}`, `redis:${canary}`]) {
    for (const name of names) {
      try {
        readConfig({ [name]: value });
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        const told = `${error.message}${error.stack}${JSON.stringify(error)}${String(error.cause)}`;
        assert.doesNotMatch(told, /CANARY9/i, name);
      }
    }
    const all = Object.fromEntries(names.map((name) => [name, value]));
    assert.doesNotMatch(problemsOf(all, ["BIRD_ACCESS_KEY"]).join("\n"), /CANARY9/i);
  }
});

test("addresses that are not encrypted are warned of by name, not by value", () => {
  assert.deepEqual(configWarnings(readConfig({})), []);
  const plain = { BIRD_API_URL: "http://localhost:3003", WEBHOOK_PUBLIC_URL: "http://127.0.0.1:3001" };
  const warnings = configWarnings(readConfig(plain));
  assert.deepEqual(
    warnings.map((warning) => warning.split(" ")[0]),
    ["BIRD_API_URL", "WEBHOOK_PUBLIC_URL"],
  );
  assert.doesNotMatch(warnings.join(), /localhost|127/);
});

test("a collector that is not encrypted is warned of when it is sent a secret", () => {
  const plain = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://otel.internal:4318" };
  assert.deepEqual(configWarnings(readConfig(plain)), []);
  const [warning = "", ...others] = configWarnings(
    readConfig({ ...plain, OTEL_EXPORTER_OTLP_HEADERS: "key=CANARY" }),
  );
  assert.match(warning, /^OTEL_EXPORTER_OTLP_ENDPOINT is not encrypted/);
  assert.doesNotMatch(warning, /CANARY/);
  assert.deepEqual(others, []);
});

test("bug: an unencrypted address in capitals is not warned of", () => {
  assert.equal(configWarnings(readConfig({ BIRD_API_URL: "HTTP://localhost:3003" })).length, 1);
});

test("white space around a value is no part of it, and a value of white space is none", () => {
  const env = {
    BIRD_ACCESS_KEY: "key\n",
    WEBHOOK_SIGNING_SECRET: " a secret of sixteen \r\n",
    SEALING_KEYS: `${sealingKey}\n`,
    REDIS_URL: "redis://127.0.0.1:6379\n",
    BACKOFF_BASE_MS: " 7 ",
    META_APP_ID: " \n",
  };
  const config = readConfig(env);
  assert.equal(config.BIRD_ACCESS_KEY, "key");
  assert.equal(config.WEBHOOK_SIGNING_SECRET, "a secret of sixteen");
  assert.equal(config.SEALING_KEYS?.text, sealingKey);
  assert.equal(config.REDIS_URL, "redis://127.0.0.1:6379");
  assert.equal(config.BACKOFF_BASE_MS, 7);
  assert.equal(config.META_APP_ID, undefined);
});
