import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import test from "node:test";
import { inspectConfig } from "../../src/config/config.ts";
import { isGuessable } from "../../src/queue/secrets/guessable.ts";

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const sealing = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const good = sealing(digestBytes("good"));
const zero = sealing(new Uint8Array(32));

function digestBytes(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

const secretOf = (bytes: Uint8Array): string => `whsec_${Buffer.from(bytes).toString("base64")}`;

/** What is no secret, wherever Bird is. */
const refused = [
  ["WEBHOOK_SIGNING_KEYS", "x"],
  ["WEBHOOK_SIGNING_KEYS", "a-good-signing-key,too-short"],
  ["WEBHOOK_SIGNING_KEYS", "a-good-signing-key,a-good-signing-key"],
  ["WEBHOOK_SIGNING_SECRET", "fifteen-letters"],
  ["SEALING_KEYS", `new:${good},old:${good}`],
  ["SEALING_KEYS", `new:${good},new:${sealing(digestBytes("other"))}`],
  ["API_KEYS", `crm:${digestOf("")}:read`],
  ["API_KEYS", `crm:${digestOf("a")}:read,erp:${digestOf("a")}:read`],
  ["NOTIFY_SECRET", `${secretOf(digestBytes("n"))},${secretOf(digestBytes("n"))}`],
] as const;

/** What is one only for a simulated Bird on this machine. */
const guessable = [
  ["WEBHOOK_SIGNING_KEYS", "a-good-signing-key,aaaaaaaaaaaaaaaa"],
  ["WEBHOOK_SIGNING_KEYS", "0123456789:;<=>?"],
  ["WEBHOOK_SIGNING_SECRET", "sandbox-sandbox-sandbox"],
  ["WEBHOOK_SIGNING_SECRET", "1234123412341234"],
  ["SEALING_KEYS", `sandbox:${zero}`],
  ["SEALING_KEYS", `new:${good},old:${zero}`],
  ["SEALING_KEYS", `k:${sealing(new Uint8Array(32).fill(255))}`],
  ["SEALING_KEYS", `k:${sealing(Uint8Array.from({ length: 32 }, (_, at) => at))}`],
  ["SEALING_KEYS", `k:${sealing(Uint8Array.from({ length: 32 }, (_, at) => at % 7))}`],
  ["SEALING_KEYS", `k:${sealing(Uint8Array.from({ length: 32 }, (_, at) => (at === 31 ? 1 : 0)))}`],
  ["API_KEYS", `crm:${digestOf("sandbox")}:admin`],
  ["API_KEYS", `crm:${digestOf("password\n")}:admin`],
  ["API_KEYS", `crm:${"0".repeat(64)}:read`],
  ["NOTIFY_SECRET", secretOf(new Uint8Array(24).fill(7))],
] as const;

const problemsOf = (env: Record<string, string>) => inspectConfig(env).problems;

for (const [name, value] of [...refused, ...guessable])
  test(`bug: ${name}=${value} is taken for a secret`, () => {
    const problems = problemsOf({ [name]: value });
    assert.deepEqual(
      problems.map((problem) => problem.name),
      [name],
    );
    assert.ok(!problems[0]?.message.includes(value));
  });

for (const [name, value] of guessable)
  test(`${name}=${value} may be used with a Bird on this machine`, () => {
    assert.deepEqual(problemsOf({ [name]: value, BIRD_API_URL: "http://127.0.0.1:3003" }), []);
  });

for (const [name, value] of refused)
  test(`${name}=${value} may not be used with a Bird on this machine either`, () => {
    assert.equal(problemsOf({ [name]: value, BIRD_API_URL: "http://127.0.0.1:3003" }).length, 1);
  });

test("the key that Bird is given is not the secret that makes all others", () => {
  const secret = "a-secret-of-some-length";
  const [problem] = problemsOf({
    WEBHOOK_SIGNING_KEYS: `another-signing-key,${secret}`,
    WEBHOOK_SIGNING_SECRET: secret,
  });
  assert.equal(problem?.name, "WEBHOOK_SIGNING_KEYS");
});

test("what chance makes is never called guessable", () => {
  for (let nth = 0; nth < 2000; nth += 1) {
    assert.ok(!isGuessable(randomBytes(32)));
    assert.ok(!isGuessable(Buffer.from(randomBytes(16).toString("hex"))));
  }
});
