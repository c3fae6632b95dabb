import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { withPerchFolder } from "../support/perch.ts";

const canary = "CANARY7";
const digest = createHash("sha256").update("a key of nobody").digest("hex");

/** Every setting that may hold a secret, each with one. Nothing answers at these addresses. */
const env = {
  REDIS_URL: `redis://user:${canary}@127.0.0.1:9`,
  BIRD_API_URL: "http://127.0.0.1:9",
  BIRD_ACCESS_KEY: `${canary}-bird`,
  WEBHOOK_PUBLIC_URL: "http://127.0.0.1:9/in",
  WEBHOOK_SIGNING_KEYS: `${canary}-signing-key`,
  WEBHOOK_SIGNING_SECRET: `${canary}-signing-secret`,
  SEALING_KEYS: `k1:${randomBytes(32).toString("base64url")}`,
  API_KEYS: `crm:${digest}:admin`,
  NOTIFY_URL: `https://127.0.0.1:9/services/${canary}?key=${canary}`,
  NOTIFY_SECRET: `whsec_${randomBytes(24).toString("base64")}`,
  META_APP_ID: "1",
  META_APP_SECRET: `${canary}-meta`,
  META_GRAPH_URL: "http://127.0.0.1:9/v23.0",
  OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=${canary}`,
  LOG_LEVEL: "trace",
};

const secrets = [canary, digest, env.SEALING_KEYS.slice(3), env.NOTIFY_SECRET.slice(6)];

const assertTellsNone = (printed: string): void => {
  assert.ok(printed.length > 20, "it printed something");
  for (const secret of secrets) assert.ok(!printed.includes(secret), printed);
};

test("bug: the sandbox prints the access key of the settings", () =>
  withPerchFolder(async ({ run }) => {
    const printed = await run(["sandbox"], { env: { ...env, SANDBOX_PORT: "0" } }).prints(
      /PUT \/sandbox\/faults/,
    );
    assert.match(printed, /BIRD_ACCESS_KEY as it is set here/);
    assertTellsNone(printed);
  }));

test("the sandbox prints the access key it made up for itself", () =>
  withPerchFolder(async ({ run }) => {
    const printed = await run(["sandbox"], { env: { SANDBOX_PORT: "0" } }).prints(/PUT \/sandbox\/faults/);
    assert.match(printed, /BIRD_ACCESS_KEY=\S{8,}/);
  }));

for (const args of [["api"], ["worker"], ["webhook"], ["list"], ["doctor"], ["doctor", "--json"]])
  test(`perch ${args.join(" ")} prints no secret when nothing it needs answers`, () =>
    withPerchFolder(async ({ run }) => {
      const { code, stdout, stderr } = await run(args, { env }).ended;
      assert.equal(code, 1);
      assertTellsNone(`${stdout}${stderr}`);
    }));

for (const name of ["BIRD_API_URL", "WEBHOOK_PUBLIC_URL", "META_GRAPH_URL", "NOTIFY_URL"])
  test(`bug: a password in ${name} is taken, and logged`, () =>
    withPerchFolder(async ({ run }) => {
      const wrong = { ...env, [name]: `https://user:${canary}@bird.example` };
      const { code, stdout, stderr } = await run(["worker"], { env: wrong }).ended;
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`${name} must be an https address`));
      assertTellsNone(`${stdout}${stderr}`);
    }));

test("bug: a token given where perch check takes a file is printed", () =>
  withPerchFolder(async ({ run }) => {
    const { code, stdout, stderr } = await run(["check", `EAAG${canary}`], { env }).ended;
    assert.equal(code, 1);
    assertTellsNone(`${stdout}${stderr}`);
  }));

/** The arguments of a process and of all that it started, as every user of the machine can read them. */
const argumentsBelow = async (pid: number): Promise<readonly string[]> => {
  const own = await readFile(`/proc/${pid}/cmdline`, "utf8");
  const threads = await readdir(`/proc/${pid}/task`);
  const children = await Promise.all(
    threads.map((thread) => readFile(join(`/proc/${pid}/task`, thread, "children"), "utf8")),
  );
  const pids = children.flatMap((text) => text.split(" ").filter((child) => child !== "")).map(Number);
  return [own, ...(await Promise.all(pids.map(argumentsBelow))).flat()];
};

test(
  "no process of perch start has a secret among its arguments",
  {
    skip: process.platform === "linux" ? false : "arguments are read from /proc",
  },
  () =>
    withPerchFolder(async ({ run }) => {
      // With the sandbox in Bird's place.
      const { REDIS_URL: _, BIRD_API_URL: __, BIRD_ACCESS_KEY: ___, WEBHOOK_PUBLIC_URL: ____, ...kept } = env;
      const ports = { API_PORT: "0", WEBHOOK_PORT: "0", SANDBOX_PORT: "0", CONNECT_PORT: "0" };
      const perch = run(["start"], { env: { ...kept, ...ports } });
      await perch.prints(/Ctrl-C/);
      const all = await argumentsBelow(perch.process.pid ?? assert.fail("it did not start"));
      assert.ok(all.length > 1, "it started its Redis");
      for (const each of all) assertTellsNone(each);
    }),
);
