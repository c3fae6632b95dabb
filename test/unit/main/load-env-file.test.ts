import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { inspectConfig, isSettingName } from "../../../src/config/config.ts";
import { loadEnvFile } from "../../../src/main/load-env-file.ts";

/** What the environment is once a file of these lines has been read. */
const loaded = (
  lines: readonly string[],
  env: Record<string, string> = {},
): { readonly env: Record<string, string | undefined>; readonly said: readonly string[] } => {
  const folder = mkdtempSync(join(tmpdir(), "perch-env-"));
  const said: string[] = [];
  const changed = { ...env };
  try {
    const named = join(folder, "settings");
    writeFileSync(named, lines.join("\n"));
    chmodSync(named, 0o600);
    const defaults = { ...inspectConfig({}).config };
    loadEnvFile({ named, isSettingName, defaults, env: changed, say: (line) => said.push(line) });
    return { env: changed, said };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test("a file sets what the environment does not, in any of the usual writings", () => {
  const { env } = loaded(
    ["# settings", "export SHARDS=2", 'LOG_LEVEL="warn"', "API_PORT=1 # a port", "WEBHOOK_PORT=2"],
    { WEBHOOK_PORT: "", API_PORT: "3" },
  );
  assert.deepEqual(env, { SHARDS: "2", LOG_LEVEL: "warn", API_PORT: "3", WEBHOOK_PORT: "" });
});

test("a secret of the environment is not doubled by its file of the file, nor the other way round", () => {
  assert.deepEqual(loaded(["SEALING_KEYS_FILE=/k"], { SEALING_KEYS: "k" }).env, { SEALING_KEYS: "k" });
  assert.deepEqual(loaded(["SEALING_KEYS=k"], { SEALING_KEYS_FILE: "/k" }).env, { SEALING_KEYS_FILE: "/k" });
});

for (const name of [
  "PATH",
  "LD_PRELOAD",
  "NODE_OPTIONS",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "APT_CONFIG",
  "HOME",
])
  test(`bug: ${name} of a file steers this process or those it starts`, () => {
    assert.deepEqual(loaded([`${name}=1`, "SHARDS=2"]).env, { SHARDS: "2" });
  });

test("no program to run is taken from a file, which is said", () => {
  const { env, said } = loaded(["REDIS_SERVER_BIN=/pwn.sh"]);
  assert.deepEqual(env, {});
  assert.match(said.join("\n"), /REDIS_SERVER_BIN is not taken from it/);
});

const redirects = [
  ["BIRD_API_URL=https://bird.example", { BIRD_ACCESS_KEY: "k" }],
  ["BIRD_API_URL=https://bird.example", { BIRD_ACCESS_KEY_FILE: "/k" }],
  ["BIRD_API_URL=https://bird.example", { SEALING_KEYS: "k" }],
  ["BIRD_API_URL=https://bird.example\nBIRD_ACCESS_KEY=of-the-file", { SEALING_KEYS_FILE: "/k" }],
  ["BIRD_API_URL=https://bird.example\nBIRD_ACCESS_KEY_FILE=/home/me/.token", {}],
  ["META_GRAPH_URL=https://meta.example", { META_APP_SECRET: "k" }],
  ["OTEL_EXPORTER_OTLP_ENDPOINT=https://otel.example", { OTEL_EXPORTER_OTLP_HEADERS: "a=k" }],
  ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://otel.example", { OTEL_EXPORTER_OTLP_HEADERS_FILE: "/k" }],
] as const;

for (const [line, env] of redirects)
  test(`bug: ${line.replace("\n", " and ")} of a file redirects ${Object.keys(env).join() || "another file's key"}`, () => {
    assert.throws(
      () => loaded([line], env),
      (error) => error instanceof Error && /a file may not say where a key goes/.test(error.message),
    );
  });

test("a file that holds address and key, or says the default, redirects nothing", () => {
  for (const [lines, env] of [
    [["BIRD_API_URL=http://127.0.0.1:3003", "BIRD_ACCESS_KEY=k", "SEALING_KEYS=k"], {}],
    [["BIRD_API_URL=https://api.bird.com"], { BIRD_ACCESS_KEY: "k" }],
    [["BIRD_ACCESS_KEY=k"], { BIRD_API_URL: "https://bird.example" }],
    [["BIRD_API_URL=https://bird.example"], { BIRD_API_URL: "https://b.example", BIRD_ACCESS_KEY: "k" }],
  ] as const)
    assert.ok(loaded(lines, env).env.BIRD_API_URL);
});
