import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { withPrivateRedis } from "../integration/private-redis.ts";
import { canariesOf } from "../support/canaries.ts";
import { contentOf } from "../support/content-of.ts";
import { testPrefix, toServer } from "../support/redis.ts";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const stem = `CANARY${randomBytes(6).toString("hex")}`;
const canaries = canariesOf(stem);

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Secrets in every writing that a careless hand may leave behind. */
const writingsOf = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret);
  return [
    secret,
    secret.toLowerCase(),
    bytes.toString("hex"),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    encodeURIComponent(secret),
    // A plain digest, whole or the beginning of one: a weak secret is guessed from it.
    sha256(secret).slice(0, 22),
    createHash("sha256").update(secret).digest("base64url").slice(0, 22),
  ];
};

const { signupCode, connectCode } = canaries;
/** Of the canaries, and of the tokens that Meta gave for its codes. */
const traces = [...Object.values(canaries), metaTokenOf(signupCode), metaTokenOf(connectCode)].flatMap(
  writingsOf,
);

/** Perch makes these itself; the first part is all that is random in one. */
const linkTraces = ({ told }: Seen): readonly string[] =>
  told.connected.linkSecrets.flatMap((secret) => [...writingsOf(secret), ...writingsOf(secret.slice(0, 24))]);

const assertNoTrace = (seen: Seen, where: string, haystack: string | Buffer): void => {
  for (const trace of [...traces, ...linkTraces(seen)]) {
    const at = haystack.indexOf(trace);
    if (at === -1) continue;
    assert.fail(`${where} holds ${trace}: … ${haystack.slice(Math.max(0, at - 200), at + 80).toString()}`);
  }
};

const toldSchema = z.object({
  ids: z.record(z.string(), z.string()),
  errors: z.array(z.string()),
  installs: z.array(z.object({ id: z.string(), status: z.string(), connectorId: z.string().optional() })),
  timelines: z.array(z.array(z.object({ what: z.string() }))),
  rejected: z.array(z.object({ errors: z.array(z.object({ path: z.string() })) })),
  retried: z.array(z.object({ status: z.string() })),
  answers: z.array(z.object({ status: z.number(), text: z.string() })),
  connected: z.object({
    linkSecrets: z.array(z.string().length(40)),
    answers: z.array(z.object({ status: z.number(), text: z.string() })),
    linkStatuses: z.array(z.string()),
  }),
  connectors: z.array(z.object({ accessTokenSha256: z.string() })),
});

const rawSchema = z.object({ told: z.looseObject({ connectors: z.unknown(), connected: z.unknown() }) });

/** Everything there was to see of one round of installs. */
interface Seen {
  readonly output: string;
  readonly told: z.infer<typeof toldSchema>;
  /** What a collector of traces got. */
  readonly traced: readonly string[];
  readonly log: string;
  readonly commands: readonly string[];
  /** What every key of Redis holds, by its name. */
  readonly stored: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly jobs: ReadonlyMap<string, Record<string, string>>;
}

const script = fileURLToPath(new URL("../support/spend-secrets.ts", import.meta.url));

const runScript = async (redisUrl: string, prefix: string) => {
  const child = spawn(process.execPath, [script, redisUrl, prefix, stem], {
    env: { PATH: process.env.PATH, TEST_LOG_LEVEL: "trace" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, log, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  assert.equal(code, 0, log);
  const { told, traced } = z
    .object({ told: toldSchema, traced: z.array(z.string()) })
    .parse(JSON.parse(output));
  return { output, log, told, traced };
};

const filesIn = async (folder: string): Promise<Map<string, Buffer>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(name)] as const)));
};

const look = async ({ url, dataDir }: { readonly url: string; readonly dataDir: string }): Promise<Seen> => {
  const prefix = testPrefix();
  const client = await connectRedis(url, { whenAway: "fail", name: "test-secrets" });
  const monitor = await toServer(client).monitor();
  const commands: string[] = [];
  monitor.on("monitor", (_time: string, words: readonly string[]) => commands.push(words.join(" ")));
  try {
    const run = await runScript(url, prefix);
    const keys = await client.keys("*");
    const stored = new Map(
      await Promise.all(
        keys.map(async (key) => [key, JSON.stringify(await contentOf(client, key))] as const),
      ),
    );
    const jobs = new Map(
      await Promise.all(
        Object.entries(run.told.ids).map(
          async ([name, id]) => [name, await client.hgetall(createKeys(prefix).job(id))] as const,
        ),
      ),
    );
    await client.ping("last");
    await until("the monitor has told everything", async () => commands.includes("ping last"));
    return { ...run, commands, stored, jobs, files: await filesIn(join(dataDir, "redis")) };
  } finally {
    monitor.disconnect();
    client.disconnect();
  }
};

describe("tokens that went through every kind of install", () => {
  const looked = Promise.withResolvers<Seen>();
  const done = Promise.withResolvers<void>();
  let lending: Promise<void> | undefined;
  let seen: Seen;
  before(async () => {
    lending = withPrivateRedis(async (redis) => {
      looked.resolve(await look(redis));
      await done.promise;
    });
    lending.catch(looked.reject);
    seen = await looked.promise;
  });
  after(async () => {
    done.resolve();
    await lending;
  });

  it("reached Bird, and the installs went the ways that were meant", () => {
    const { connectors, installs, rejected, retried, answers } = seen.told;
    assert.deepEqual(
      installs.map(({ status }) => status),
      ["completed", "failed", "completed", "failed", "held"],
    );
    assert.deepEqual(
      retried.map(({ status }) => status),
      ["completed", "completed"],
    );
    const { accessToken, secondToken } = canaries;
    assert.deepEqual(
      connectors.map(({ accessTokenSha256 }) => accessTokenSha256).sort(),
      [accessToken, accessToken, secondToken, secondToken, metaTokenOf(signupCode), metaTokenOf(connectCode)]
        .map(sha256)
        .sort(),
    );
    assert.equal(rejected.length, 2);
    const statuses = new Set(answers.map(({ status }) => status));
    assert.deepEqual([...statuses].sort(), [200, 202, 400, 415, 422]);
    const { linkStatuses, answers: ofCustomers } = seen.told.connected;
    assert.deepEqual(linkStatuses, ["connected", "signup_code_refused"]);
    assert.deepEqual([...new Set(ofCustomers.map(({ status }) => status))].sort(), [200, 400, 404, 422]);
    assert.ok(
      ofCustomers.some(({ text }) => text.includes("meta_token_expires_soon")),
      "the preflight was made",
    );
  });

  it("are in no key of Redis", () => {
    const names = [...seen.stored.keys()];
    for (const kind of [
      ":conn:",
      ":claim:",
      ":hold:",
      ":access-key:",
      ":idempotency:",
      ":batch:",
      ":rejects",
      ":logs",
      ":events",
      ":notifications:",
      ":import:",
      ":connect",
      ":chores:",
    ]) {
      assert.ok(
        names.some((name) => name.includes(kind)),
        `no key was looked at like ${kind}`,
      );
    }
    for (const [name, content] of seen.stored) assertNoTrace(seen, name, name + content);
    // What BullMQ keeps of failures was looked at.
    assert.ok([...seen.stored.values()].some((content) => content.includes("failedReason")));
    assert.ok([...seen.stored.values()].some((content) => content.includes("stacktrace")));
  });

  it("are in no command that was sent to Redis", () => {
    assert.ok(seen.commands.some((command) => command.includes(seen.told.ids.lost ?? "?")));
    assertNoTrace(seen, "the monitor", seen.commands.join("\n"));
  });

  it("are in no file of the server", () => {
    const all = Buffer.concat([...seen.files.values()]);
    for (const id of Object.values(seen.told.ids))
      assert.ok(all.includes(id), "the files are the right ones");
    for (const [name, content] of seen.files) assertNoTrace(seen, name, content);
  });

  it("are not in the log, not even at its most talkative", () => {
    for (const id of Object.values(seen.told.ids)) {
      assert.ok(id === seen.told.ids.held || seen.log.includes(id), "the log is the right one");
    }
    for (const line of [
      "connect signup failed",
      "connect request refused",
      "Meta shows that an install may not work",
    ])
      assert.ok(seen.log.includes(line), line);
    assertNoTrace(seen, "the log", seen.log);
  });

  it("are in no trace", () => {
    const spans = seen.traced.join("\n");
    for (const name of ["enqueue install", "POST connectors", "token_unreadable", "POST /v1/session/finish"])
      assert.ok(spans.includes(name), name);
    assertNoTrace(seen, "the traces", spans);
  });

  it("are in no error, view or timeline that a caller gets", () => {
    assert.equal(seen.told.errors.length, 4);
    assert.ok(seen.told.timelines.every((timeline) => timeline.length > 0));
    // All of it but the sandbox's own report, which has digests, and the secrets of links, which are shown once.
    const { connectors: _, connected: __, ...shown } = rawSchema.parse(JSON.parse(seen.output)).told;
    assertNoTrace(seen, "what callers see", JSON.stringify(shown));
    for (const { text } of [...seen.told.answers, ...seen.told.connected.answers])
      assertNoTrace(seen, "an answer of a service", text);
  });

  it("are dropped, sealed as they are, once the connector exists, and kept while a retry may need them", () => {
    for (const [name, isKept] of [
      ["completed", false],
      ["lost", false],
      ["failed", true],
      ["unreadable", true],
      ["held", true],
    ] as const) {
      const job = JSON.stringify(seen.jobs.get(name));
      assert.equal(/"sealed\\*"/.test(job), isKept, name);
      assert.equal(/eyJ[\w-]+\.\./.test(job), isKept, `${name}: no JWE under another name either`);
    }
  });
});

describe("a sealed token", () => {
  it("is gone while the install waits for its channel", async () => {
    const faults = [{ fault: { kind: "channel_never" } } as const];
    await withStack({ sandbox: { faults } }, async ({ producer, client, keys }) => {
      const { install } = await producer.enqueue(installRequest());
      await until("the install waits for its channel", async () => {
        const found = await producer.installs.find(install.id);
        return found?.status === "awaiting_channel";
      });
      const job = JSON.stringify(await client.hgetall(keys.ofInstall(install.id).job(install.id)));
      assert.match(job, /connectorId/);
      assert.doesNotMatch(job, /sealed|eyJ/);
    });
  });
});
