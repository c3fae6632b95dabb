import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { parseApiKeys } from "../../src/api/auth/api-keys.ts";
import {
  ConfigError,
  inspectConfig,
  isSettingName,
  readConfig,
  settingsSchema,
} from "../../src/config/config.ts";
import { secretSettings } from "../../src/config/secret-files.ts";
import { parseSealingKeys } from "../../src/queue/secrets/seal.ts";

const webhookSecret = `whsec_${randomBytes(24).toString("base64")}`;
const sealingKey = `k1:${randomBytes(32).toString("base64url")}`;
const apiKey = `crm:${randomBytes(32).toString("hex")}:read`;

/** A good value of every secret, and what it is read as. */
const goodValues: Readonly<Record<(typeof secretSettings)[number], readonly [string, unknown]>> = {
  REDIS_URL: ["redis://:pass@cache:6380/1", "redis://:pass@cache:6380/1"],
  BIRD_ACCESS_KEY: ["bird-key", "bird-key"],
  WEBHOOK_SIGNING_KEYS: ["sixteen-letters-1,sixteen-letters-2", ["sixteen-letters-1", "sixteen-letters-2"]],
  WEBHOOK_SIGNING_SECRET: ["sixteen-letters!", "sixteen-letters!"],
  SEALING_KEYS: [sealingKey, { text: sealingKey, keys: parseSealingKeys(sealingKey) }],
  API_KEYS: [apiKey, parseApiKeys(apiKey)],
  NOTIFY_SECRET: [webhookSecret, [webhookSecret]],
  META_APP_SECRET: ["meta-secret", "meta-secret"],
  OTEL_EXPORTER_OTLP_HEADERS: ["api-key=x", { "api-key": "x" }],
};

const withFolder = (
  run: (write: (name: string, content: string | Uint8Array) => string, folder: string) => void,
) => {
  const folder = mkdtempSync(join(tmpdir(), "perch-secrets-"));
  try {
    run((name, content) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    }, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const problemsOf = (...given: Parameters<typeof readConfig>): readonly string[] => {
  try {
    readConfig(...given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return assert.fail("taken");
};

const settingOf = (config: object, name: string): unknown =>
  new Map<string, unknown>(Object.entries(config)).get(name);

test("every setting that holds a secret can be given as a file", () => {
  const secretNames = Object.keys(settingsSchema.shape).filter((name) =>
    /(KEYS?|SECRET|TOKEN|PASSWORD|HEADERS)$|^REDIS_URL$/.test(name),
  );
  assert.deepEqual([...secretSettings].sort(), secretNames.sort());
  for (const name of secretSettings) assert.ok(isSettingName(`${name}_FILE`));
  assert.ok(!isSettingName("API_PORT_FILE"));
});

test("a secret is read from its file as from the environment, without the line end", () =>
  withFolder((write) => {
    for (const name of secretSettings) {
      const [given, read = given] = goodValues[name];
      const companions = name === "META_APP_SECRET" ? { META_APP_ID: "1" } : {};
      for (const end of ["", "\n", "\r\n", "\n\n"]) {
        const path = write("secret", given + end);
        const config = readConfig({ ...companions, [`${name}_FILE`]: path }, [name]);
        assert.deepEqual(settingOf(config, name), read, name);
      }
    }
  }));

test("a secret may be a link, as Kubernetes mounts it, and may begin with a byte order mark", () =>
  withFolder((write, folder) => {
    symlinkSync(write("..data", "\uFEFFbird-key\n"), join(folder, "link"));
    assert.equal(readConfig({ BIRD_ACCESS_KEY_FILE: join(folder, "link") }).BIRD_ACCESS_KEY, "bird-key");
  }));

test("a setting given both ways is refused; an empty one counts as not set", () =>
  withFolder((write) => {
    const path = write("secret", "bird-key");
    assert.deepEqual(
      problemsOf({ BIRD_ACCESS_KEY: "CANARY9", BIRD_ACCESS_KEY_FILE: path }, ["BIRD_ACCESS_KEY"]),
      ["BIRD_ACCESS_KEY_FILE and BIRD_ACCESS_KEY are both set: unset one"],
    );
    assert.equal(readConfig({ BIRD_ACCESS_KEY: "", BIRD_ACCESS_KEY_FILE: path }).BIRD_ACCESS_KEY, "bird-key");
    assert.equal(readConfig({ BIRD_ACCESS_KEY: "x", BIRD_ACCESS_KEY_FILE: "" }).BIRD_ACCESS_KEY, "x");
    const { config } = inspectConfig({ BIRD_ACCESS_KEY: "x", BIRD_ACCESS_KEY_FILE: path });
    assert.equal(config.BIRD_ACCESS_KEY, undefined, "nobody knows which was meant");
  }));

test("a file that cannot be used is named with the other wrong settings, and neither path nor content is shown", () =>
  withFolder((write, folder) => {
    const pipe = join(folder, "CANARY9-pipe");
    execFileSync("mkfifo", [pipe]);
    mkdirSync(join(folder, "CANARY9-folder"));
    const unreadable = write("CANARY9-locked", "bird-key");
    chmodSync(unreadable, 0);
    const cases: readonly (readonly [path: string, problem: RegExp])[] = [
      [join(folder, "CANARY9-nowhere"), /does not exist/],
      [join(write("CANARY9-file", "x"), "below"), /does not exist/],
      [join(folder, "CANARY9-folder"), /folder/],
      [pipe, /regular file/],
      ["/dev/zero", /regular file/],
      [write("CANARY9-empty", ""), /empty/],
      [write("CANARY9-newline", "\n\r\n"), /empty/],
      [write("CANARY9-large", `CANARY9${"x".repeat(1024 * 1024)}`), /more than 1048576 bytes/],
      [write("CANARY9-latin", Uint8Array.of(0x43, 0xe9)), /UTF-8/],
      [write("CANARY9-nul", "CANARY9\0"), /not text/],
      // root may read everything
      ...(process.getuid?.() === 0 ? [] : [[unreadable, /may not read/] as const]),
    ];
    for (const [path, problem] of cases) {
      const problems = problemsOf({ SEALING_KEYS_FILE: path, API_PORT: "CANARY9" }, ["SEALING_KEYS"]);
      assert.equal(problems.length, 2, problems.join("\n"));
      assert.match(problems.join("\n"), /^API_PORT must /m);
      assert.match(problems.join("\n"), /^SEALING_KEYS_FILE /m);
      assert.match(problems.join("\n"), problem);
      assert.doesNotMatch(problems.join("\n"), /CANARY9|zero/);
    }
  }));

test("a file that holds a wrong value is named, and what stands in it is not", () =>
  withFolder((write) => {
    const path = write("keys", "CANARY9\n");
    assert.match(
      problemsOf({ SEALING_KEYS_FILE: path }).join("\n"),
      /^SEALING_KEYS \(from SEALING_KEYS_FILE\) must be/,
    );
    assert.doesNotMatch(problemsOf({ SEALING_KEYS_FILE: path }).join("\n"), /CANARY9/);
  }));

test("a setting whose file cannot be used does not count as missing beside those that need it", () => {
  const env = { META_APP_ID: "1", META_APP_SECRET_FILE: "/nowhere/secret" };
  assert.deepEqual(problemsOf(env, ["META_APP_SECRET"]), [
    "META_APP_SECRET_FILE names a file that does not exist",
  ]);
});
