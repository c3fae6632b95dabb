import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { parse } from "yaml";
import { z } from "zod";
import { graceMs } from "../../../src/cli/terminal/until-stopped.ts";
import { isSettingName, readConfig, settingsSchema } from "../../../src/config/config.ts";
import { persistentServerFlags } from "../../../src/embedded-redis/server.ts";
import { findTestServer } from "../../servers/embedded-redis-harness.ts";
import { until } from "../../support/until.ts";
import { type ComposeService, composeSchema } from "./compose-schema.ts";
import { onPath } from "./on-path.ts";
import { perchCommands } from "./perch-commands.ts";
import { readYaml, repository } from "./repository.ts";
import { roleNames, secretSettings, settingsOfRole } from "./settings-of-roles.ts";

const { services } = readYaml("docker-compose.yml", composeSchema);
const serviceOf = (name: string): ComposeService => services[name] ?? assert.fail(`no service ${name}`);
const built = Object.entries(services).filter(([, { build }]) => build !== undefined);
const settingNames = Object.keys(settingsSchema.shape);

/** The settings of a service that have a value of their own. */
const fixedSettings = (service: ComposeService): Record<string, string> =>
  Object.fromEntries(
    Object.entries(service.environment).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );

const withFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "perch-compose-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

test("every service that is built runs a command of perch with settings there are", () => {
  assert.equal(built.length, 8);
  for (const [name, service] of built) {
    assert.ok(perchCommands().includes(service.command.join(" ")), name);
    for (const setting of Object.keys(service.environment)) assert.ok(isSettingName(setting), setting);
    readConfig(fixedSettings(service));
  }
});

test("every port is published on loopback only, none twice but by what never runs together", () => {
  const published = (isSandbox: boolean): readonly string[] =>
    Object.values(services)
      .filter(({ profiles }) => profiles.includes("sandbox") === isSandbox)
      .flatMap(({ ports }) => ports);
  for (const isSandbox of [true, false]) {
    const hosts = published(isSandbox).map((port) => /^127\.0\.0\.1:(\d+):\d+$/.exec(port)?.[1]);
    assert.ok(hosts.length > 0 && !hosts.includes(undefined), hosts.join());
    assert.equal(new Set(hosts).size, hosts.length);
  }
});

test("what is published and asked for health is where the role listens", () => {
  for (const [name, service] of built) {
    const config = readConfig(fixedSettings(service));
    const listening = {
      api: [config.API_PORT],
      worker: [config.WORKER_PORT],
      webhook: [config.WEBHOOK_PORT, config.WEBHOOK_ADMIN_PORT],
      connect: [config.CONNECT_PORT, config.CONNECT_ADMIN_PORT],
      sandbox: [config.SANDBOX_PORT],
    };
    const role = z.enum(["api", "worker", "webhook", "connect", "sandbox"]).parse(service.command[0]);
    for (const port of service.ports) assert.ok(listening[role].includes(Number(port.split(":")[2])), name);
    if (role === "sandbox") continue;
    const asked = /http:\/\/127\.0\.0\.1:(\d+)\/readyz/.exec(service.healthcheck?.test.join(" ") ?? "")?.[1];
    assert.equal(Number(asked), listening[role][0], name);
  }
});

test("what others reach listens beyond loopback, and the API then has keys to ask for", () => {
  assert.equal(serviceOf("api").environment.API_HOST, "0.0.0.0");
  assert.equal(serviceOf("webhook").environment.WEBHOOK_HOST, "0.0.0.0");
  assert.equal(serviceOf("worker").environment.ADMIN_HOST, "0.0.0.0");
  assert.ok("API_KEYS" in serviceOf("api").environment);
});

test("every setting reaches the API and the workers", () => {
  const elsewhere = new Set([
    "REDIS_SERVER_BIN",
    ...settingNames.filter((name) => /_(HOST|PORT)$/.test(name)),
  ]);
  for (const role of ["api", "worker"]) {
    const { environment } = serviceOf(role);
    const lost = settingNames.filter((name) => !(name in environment) && !elsewhere.has(name));
    assert.deepEqual(lost, [], `add them to x-settings of docker-compose.yml (${role})`);
  }
});

test("the webhook service is given what it reads and no other secret", () => {
  const { environment } = serviceOf("webhook");
  const lost = [...settingsOfRole("webhook")].filter((name) => !(name in environment));
  assert.deepEqual(lost, [], "add them to x-webhook-settings of docker-compose.yml");
  assert.deepEqual(
    secretSettings.filter((name) => name in environment),
    ["WEBHOOK_SIGNING_KEYS", "WEBHOOK_SIGNING_SECRET"],
  );
});

test("a container is given longer to stop than a role takes at most", () => {
  for (const [name, { stop_grace_period: period = "10s" }] of built)
    assert.ok(Number.parseInt(period, 10) * 1000 > graceMs, name);
});

test("the sandbox profile has every role, shares one network and one set of settings, and none with the others", () => {
  const sandboxed = built.filter(([, { profiles }]) => profiles.includes("sandbox"));
  assert.deepEqual(sandboxed.map(([, { command }]) => command[0]).sort(), ["sandbox", ...roleNames].sort());
  const [, first] = sandboxed[0] ?? assert.fail();
  for (const [, { environment, network_mode: network }] of sandboxed) {
    assert.deepEqual(environment, first.environment);
    assert.equal(network, "service:sandbox-redis");
  }
  const config = readConfig(fixedSettings(first), ["SEALING_KEYS", "BIRD_ACCESS_KEY"]);
  assert.equal(config.BIRD_API_URL, `http://127.0.0.1:${config.SANDBOX_PORT}`);
  assert.equal(config.WEBHOOK_PUBLIC_URL, `http://127.0.0.1:${config.WEBHOOK_PORT}`);
  const hash = createHash("sha256").update("sandbox").digest();
  assert.deepEqual(config.API_KEYS, [{ name: "sandbox", hash, scopes: ["admin"] }]);
  assert.notEqual(config.REDIS_URL, serviceOf("api").environment.REDIS_URL);
});

test("Redis runs with the flags of the private Redis", () => {
  for (const name of ["redis", "sandbox-redis"]) {
    const { command } = serviceOf(name);
    for (const [flag, value] of persistentServerFlags) {
      // Containers run Redis 7 or newer, where the setting has its new name.
      const at = command.indexOf(flag.replace("ziplist", "listpack"));
      assert.ok(at >= 0, flag);
      assert.equal(command[at + 1], value, flag);
    }
  }
});

test("bug: every host of Redis's network can connect without a password", () => {
  const onNetwork = Object.entries(services)
    .filter(([, { networks, network_mode: mode }]) => mode === undefined && networks.includes("redis"))
    .map(([name]) => name);
  assert.deepEqual(onNetwork.toSorted(), ["api", "connect", "redis", "webhook", "worker"]);
  assert.deepEqual(serviceOf("redis").networks, ["redis"]);
  for (const role of roleNames)
    assert.match(
      serviceOf(role).environment.REDIS_URL ?? "",
      /^redis:\/\/:\$\{REDIS_PASSWORD:-\}@redis:6379$/,
    );
  assert.deepEqual(serviceOf("redis").ports, []);
});

test("Redis starts with the password of the settings, shows it nowhere, and not without one", async () => {
  const { entrypoint, command } = serviceOf("redis");
  const [shell = "", ...words] = entrypoint.map((word) => word.replaceAll("$$", "$"));
  const [server = "", ...flags] = command;
  assert.equal(server, "redis-server");
  await withFolder(async (folder) => {
    const binary = await findTestServer();
    const socket = join(folder, "s");
    const own = ["--port", "0", "--unixsocket", socket, "--dir", folder];
    const args = [...words, binary, ...flags.map((flag) => flag.replace("listpack", "ziplist")), ...own];
    const refused = await promisify(execFile)(shell, args, { env: { PATH: process.env.PATH } }).then(
      () => assert.fail("it starts"),
      (error: unknown) => String(error),
    );
    assert.match(refused, /Set REDIS_PASSWORD in \.env/);
    const child = spawn(shell, args, {
      env: { PATH: process.env.PATH, REDIS_PASSWORD: "a-canary-password" },
      stdio: "ignore",
    });
    try {
      const asked = { path: socket, lazyConnect: true, retryStrategy: () => null };
      const known = new Redis({ ...asked, password: "a-canary-password", retryStrategy: () => 20 });
      const stranger = new Redis(asked);
      for (const client of [known, stranger]) client.on("error", () => undefined);
      try {
        await until("Redis lets in who knows the password", () => known.ping().catch(() => false));
        assert.deepEqual(await known.config("GET", "maxmemory-policy"), ["maxmemory-policy", "noeviction"]);
        await assert.rejects(stranger.connect().then(() => stranger.ping()));
        await assert.rejects(known.call("AUTH", "another"), /WRONGPASS/);
      } finally {
        for (const client of [known, stranger]) client.disconnect();
      }
      assert.doesNotMatch(await readFile(`/proc/${child.pid}/cmdline`, "utf8"), /canary/);
    } finally {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  });
});

test("images that are not built are pinned to a major version at least", () => {
  const images = Object.values(services).flatMap(({ image }) => image ?? []);
  assert.equal(images.length, 4);
  for (const image of images) assert.match(image, /^[a-z/-]+:v?\d+(\.\d+)*$/);
});

test("Prometheus reads rules that are mounted and scrapes processes that listen there", () => {
  const scrapeSchema = z.object({
    rule_files: z.array(z.string()),
    scrape_configs: z.array(
      z.object({
        static_configs: z.array(z.object({ targets: z.array(z.string()) })).default([]),
        dns_sd_configs: z.array(z.object({ names: z.array(z.string()), port: z.number() })).default([]),
      }),
    ),
  });
  const { rule_files: rules, scrape_configs: scrapes } = readYaml(
    "deploy/prometheus/prometheus.yml",
    scrapeSchema,
  );
  assert.ok(serviceOf("prometheus").volumes.includes("./deploy/prometheus:/etc/prometheus:ro"));
  for (const file of rules) assert.ok(existsSync(join(repository, "deploy/prometheus", file)), file);
  const targets = scrapes.flatMap(({ static_configs: fixed, dns_sd_configs: found }) => [
    ...fixed.flatMap(({ targets: each }) => each),
    ...found.flatMap(({ names, port }) => names.map((name) => `${name}:${port}`)),
  ]);
  const setting: Record<string, string> = {
    api: "API_PORT",
    worker: "WORKER_PORT",
    webhook: "WEBHOOK_ADMIN_PORT",
    connect: "CONNECT_ADMIN_PORT",
  };
  const expected = Object.entries(setting).map(
    ([name, port]) => `${name}:${serviceOf(name).environment[port]}`,
  );
  assert.deepEqual(targets, expected);
});

test("Grafana finds its data source and its dashboard", () => {
  const sourcesSchema = z.object({ datasources: z.array(z.object({ type: z.string(), url: z.string() })) });
  const provisioning = "deploy/grafana/provisioning";
  const { datasources } = readYaml(`${provisioning}/datasources/prometheus.yml`, sourcesSchema);
  assert.deepEqual(datasources, [{ type: "prometheus", url: "http://prometheus:9090" }]);
  const providersSchema = z.object({
    providers: z.array(z.object({ options: z.object({ path: z.string() }) })),
  });
  const { providers } = readYaml(`${provisioning}/dashboards/perch.yml`, providersSchema);
  const { volumes } = serviceOf("grafana");
  assert.ok(volumes.includes(`./${provisioning}:/etc/grafana/provisioning:ro`));
  for (const { options } of providers)
    assert.ok(volumes.includes(`./deploy/grafana/perch.json:${options.path}/perch.json:ro`));
});

test("every file and folder that is mounted exists", () => {
  const mounted = Object.values(services).flatMap(({ volumes }) =>
    volumes.filter((each) => each.startsWith("./")),
  );
  assert.ok(mounted.length > 2);
  for (const each of mounted) assert.ok(existsSync(join(repository, each.split(":")[0] ?? "")), each);
});

const compose = onPath("docker-compose");

test("docker-compose takes the file with every profile and no .env, and hands on what the shell sets", {
  skip: compose === undefined && "docker-compose is not on PATH",
}, async () => {
  await withFolder(async (folder) => {
    await cp(join(repository, "docker-compose.yml"), join(folder, "docker-compose.yml"));
    const { stdout } = await promisify(execFile)(
      compose ?? "",
      ["--profile", "sandbox", "--profile", "monitoring", "config"],
      { cwd: folder, env: { PATH: process.env.PATH, BIRD_ACCESS_KEY: "from the shell" } },
    );
    const shownSchema = z.object({
      services: z.record(z.string(), composeSchema.shape.services.valueType.pick({ environment: true })),
    });
    const shown = shownSchema.parse(parse(stdout)).services;
    assert.deepEqual(Object.keys(shown).sort(), Object.keys(services).sort());
    assert.equal(shown.worker?.environment.BIRD_ACCESS_KEY, "from the shell");
    assert.equal(shown.worker?.environment.SEALING_KEYS, null);
  });
});
