import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { z } from "zod";
import { signWebhook, workspaceSigningKey } from "../../../src/bird/signature.ts";
import {
  type VerifySignatureArgs,
  verifySignatureCommand,
} from "../../../src/cli/verify-signature/command.ts";
import { readConfig } from "../../../src/config/config.ts";
import { vectors } from "../../support/signature-vectors.ts";
import { createTestIo } from "./test-io.ts";
import { withFolder } from "./with-folder.ts";

const workspaceId = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";
const otherWorkspaceId = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
const secret = "a-master-secret-of-the-tests";
const nowMs = 1_732_272_700_000;

const reportSchema = z.strictObject({
  matches: z.boolean(),
  tooOld: z.boolean(),
  sentence: z.string(),
  differences: z.array(z.strictObject({ part: z.string(), found: z.string(), fix: z.string() })),
});

interface Webhook {
  readonly url: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly body: string | Buffer;
}

/** Runs the command in this process, with the body in a file. */
const verify = (
  { body, ...webhook }: Webhook,
  env: Readonly<Record<string, string>>,
  change: Partial<VerifySignatureArgs> & { readonly keyText?: string } = {},
) =>
  withFolder(async (dir) => {
    const { keyText, ...args } = change;
    const file = join(dir, "body.json");
    await writeFile(file, body);
    const keyFile = keyText === undefined ? undefined : join(dir, "key");
    if (keyFile !== undefined) await writeFile(keyFile, keyText ?? "");
    const io = createTestIo();
    const deps = { io, config: readConfig(env), now: () => nowMs };
    const code = await verifySignatureCommand(deps, { ...webhook, body: file, keyFile, json: true, ...args });
    return { code, text: io.out() + io.err(), ...reportSchema.parse(JSON.parse(io.out())) };
  });

for (const { name, signingKey, timestamp, secondPart: url, bodyUtf8: body, signatureBase64 } of vectors) {
  test(`vector ${name} matches, with keys of the settings and of a file`, async () => {
    const webhook = { url, timestamp, body, signature: signatureBase64 };
    for (const found of [
      // Published vectors may have keys that no setting takes.
      ...(signingKey.length < 16 ? [] : [await verify(webhook, { WEBHOOK_SIGNING_KEYS: signingKey })]),
      await verify(webhook, { WEBHOOK_SIGNING_KEYS: "another-signing-key" }, { keyText: `${signingKey}\n` }),
    ]) {
      assert.deepEqual([found.code, found.matches, found.differences], [0, true, []]);
      assert.equal(found.tooOld, Number(timestamp) < 1_700_000_000);
      assert.ok(!found.text.includes(signingKey));
    }
  });
}

/** What was signed. */
const signed = {
  url: `https://hooks.example.com/perch/webhooks/bird/${workspaceId}`,
  timestamp: "1732272600",
  body: `{"service":"channels","event":"channel.created","payload":{"name":"Caf\u00e9 a/b","id":"x"}}`,
  key: workspaceSigningKey(secret, workspaceId),
};
const settings = {
  WEBHOOK_SIGNING_SECRET: secret,
  WEBHOOK_SIGNING_KEYS: "the-plain-key-no-1,the-plain-key-no-2",
  WEBHOOK_PUBLIC_URL: "https://hooks.example.com/perch",
};

interface Mutation {
  readonly name: string;
  /** What was really signed, where it is not `signed`. */
  readonly really?: Partial<Omit<typeof signed, "body">> & { readonly body?: string | Buffer };
  /** What the person hands over, where it is not what was signed. */
  readonly given?: Partial<Webhook>;
  readonly writes?: (signature: string) => string;
  readonly part: string;
  readonly says: RegExp;
}

const { url, body } = signed;
const pretty = JSON.stringify(JSON.parse(body), null, 2);
const upper = url.replace(workspaceId, workspaceId.toUpperCase());

const mutations: readonly Mutation[] = [
  {
    name: "http for https",
    given: { url: url.replace("https", "http") },
    part: "url",
    says: /https:\/\/hooks/,
  },
  {
    name: "https for http",
    really: { url: url.replace("https", "http") },
    given: { url },
    part: "url",
    says: /http in place of https/,
  },
  { name: "a slash at the end", given: { url: `${url}/` }, part: "url", says: /without the slash/ },
  {
    name: "no slash at the end",
    really: { url: `${url}/` },
    given: { url },
    part: "url",
    says: /with a slash/,
  },
  {
    name: "a port",
    given: { url: url.replace(".com", ".com:8443") },
    part: "url",
    says: /over https:\/\/hooks\.example\.com\/perch/,
  },
  {
    name: "no port",
    really: { url: url.replace(".com", ".com:8443") },
    given: { url },
    part: "url",
    says: /with port 8443/,
  },
  {
    name: "www.",
    given: { url: url.replace("hooks.", "www.hooks.") },
    part: "url",
    says: /over https:\/\/hooks\./,
  },
  { name: "a query", given: { url: `${url}?a=1` }, part: "url", says: /without the query/ },
  {
    name: "the query percent-decoded",
    really: { url: `${url}?a=%C3%A9` },
    given: { url: `${url}?a=\u00e9` },
    part: "url",
    says: /percent-encoded/,
  },
  {
    name: "the query percent-encoded",
    really: { url: `${url}?a=\u00e9` },
    given: { url: `${url}?a=%C3%A9` },
    part: "url",
    says: /percent-decoded/,
  },
  {
    name: "the workspace in capitals",
    given: { url: upper },
    part: "url",
    says: /small letters|WEBHOOK_PUBLIC_URL/,
  },
  {
    name: "the workspace in small letters",
    really: { url: upper },
    given: { url },
    part: "url",
    says: /in capitals/,
  },
  {
    name: "an inner address",
    given: { url: `http://10.0.0.7:3001/webhooks/bird/${workspaceId}` },
    part: "url",
    says: /WEBHOOK_PUBLIC_URL and the path/,
  },
  {
    name: "the path alone",
    given: { url: `/webhooks/bird/${workspaceId}` },
    part: "url",
    says: /WEBHOOK_PUBLIC_URL/,
  },
  {
    name: "the older scheme",
    really: { url: "a=1&b=2" },
    given: { url: `${url}?b=2&a=1` },
    part: "url",
    says: /older MessageBird scheme/,
  },
  { name: "milliseconds", given: { timestamp: "1732272600000" }, part: "timestamp", says: /in seconds/ },
  { name: "a date", given: { timestamp: "2024-11-22T10:50:00Z" }, part: "timestamp", says: /not as a date/ },
  {
    name: "spaces around the timestamp",
    given: { timestamp: " 1732272600\n" },
    part: "timestamp",
    says: /spaces/,
  },
  {
    name: "seconds for milliseconds",
    really: { timestamp: "1732272600000" },
    given: { timestamp: "1732272600" },
    part: "timestamp",
    says: /in milliseconds/,
  },
  { name: "a byte order mark", given: { body: `\ufeff${body}` }, part: "body", says: /byte order mark/ },
  { name: "a line feed behind the body", given: { body: `${body}\n` }, part: "body", says: /line end/ },
  { name: "CR LF behind the body", given: { body: `${body}\r\n` }, part: "body", says: /line end/ },
  {
    name: "a line feed lost",
    really: { body: `${body}\n` },
    given: { body },
    part: "body",
    says: /line feed behind it/,
  },
  {
    name: "CR LF in the body",
    really: { body: "{\n}\n1" },
    given: { body: "{\r\n}\r\n1" },
    part: "body",
    says: /LF in place of CR LF/,
  },
  {
    name: "LF in the body",
    really: { body: "{\r\n}\r\n1" },
    given: { body: "{\n}\n1" },
    part: "body",
    says: /CR LF in place of LF/,
  },
  { name: "JSON indented", given: { body: pretty }, part: "body", says: /JSON without spaces/ },
  {
    name: "JSON compacted",
    really: { body: pretty },
    given: { body },
    part: "body",
    says: /indented by two/,
  },
  {
    name: "JSON of Python compacted",
    really: { body: '{"service": "channels", "list": [1, 2]}' },
    given: { body: '{"service":"channels","list":[1,2]}' },
    part: "body",
    says: /space behind each comma and colon/,
  },
  {
    name: "escapes resolved",
    really: { body: body.replace("\u00e9", "\\u00e9") },
    given: { body },
    part: "body",
    says: /\\u escapes/,
  },
  {
    name: "slashes unescaped, as PHP escapes them",
    really: { body: body.replace("/", "\\/") },
    given: { body },
    part: "body",
    says: /slashes escaped/,
  },
  {
    name: "read as Latin-1",
    given: { body: Buffer.from(Buffer.from(body).toString("latin1"), "utf8") },
    part: "body",
    says: /Latin-1/,
  },
  {
    name: "encoded in Base64",
    given: { body: Buffer.from(body).toString("base64") },
    part: "body",
    says: /Base64/,
  },
  {
    name: "the body lost by the receiver",
    really: { body: "" },
    given: { body },
    part: "body",
    says: /when it was empty/,
  },
  {
    name: "base64url",
    writes: (text) => Buffer.from(text, "base64").toString("base64url"),
    part: "encoding",
    says: /without its padding|base64url/,
  },
  {
    name: "hexadecimal",
    writes: (text) => Buffer.from(text, "base64").toString("hex"),
    part: "encoding",
    says: /hexadecimal/,
  },
  { name: "no padding", writes: (text) => text.slice(0, -1), part: "encoding", says: /padding|base64url/ },
  { name: "a prefix", writes: (text) => `sha256=${text}`, part: "encoding", says: /prefix sha256=/ },
  { name: "quotes", writes: (text) => `"${text}" `, part: "encoding", says: /spaces or quotes/ },
  { name: "percent-encoding", writes: encodeURIComponent, part: "encoding", says: /percent-encoded/ },
  {
    name: "a plain key",
    really: { key: "plain-key-x" },
    given: {},
    part: "none",
    says: /nothing that was tried/,
  },
  {
    name: "the master secret as the key",
    really: { key: secret },
    part: "key",
    says: /WEBHOOK_SIGNING_SECRET itself/,
  },
  {
    name: "the derived key with a line feed",
    really: { key: `${signed.key}\n` },
    part: "key",
    says: /line feed behind it/,
  },
  {
    name: "the derived key in hexadecimal",
    really: { key: Buffer.from(signed.key, "base64url").toString("hex") },
    part: "key",
    says: /derived key in hexadecimal/,
  },
  {
    name: "the key of the workspace that the body names",
    really: {
      key: workspaceSigningKey(secret, otherWorkspaceId),
      body: `{"payload":{"workspaceId":"${otherWorkspaceId}"}}`,
    },
    part: "key",
    says: new RegExp(`for workspace ${otherWorkspaceId}`),
  },
  {
    name: "a workspace's key on the shared path",
    really: {
      url: "https://hooks.example.com/perch/webhooks/bird",
      body: `{"workspaceId":"${workspaceId}"}`,
    },
    part: "key",
    says: new RegExp(`derived from WEBHOOK_SIGNING_SECRET for workspace ${workspaceId}`),
  },
];

for (const { name, really, given, writes = (text: string) => text, part, says } of mutations) {
  test(`it names the part that differs: ${name}`, async () => {
    const { key, ...parts } = { ...signed, ...really };
    const bytes = Buffer.from(parts.body);
    const signature = writes(signWebhook({ ...parts, body: bytes }, key));
    const found = await verify({ ...parts, signature, ...given }, settings);
    assert.equal(found.code, 1);
    assert.match(found.sentence, says);
    assert.deepEqual(
      found.differences.map((difference) => difference.part),
      part === "none" ? [] : [part],
      found.sentence,
    );
    for (const secretText of [secret, signed.key, "plain-key-"]) assert.ok(!found.text.includes(secretText));
  });
}

test("two parts that differ at once are both named, in any pair", async () => {
  const signature = signWebhook({ ...signed, body: Buffer.from(signed.body) }, signed.key);
  const changes = {
    url: { url: `${signed.url}/` },
    timestamp: { timestamp: "1732272600000" },
    body: { body: `${signed.body}\n` },
    encoding: { signature: `v1=${signature}` },
  };
  const webhook = { ...signed, signature };
  const names = ["url", "timestamp", "body", "encoding"] as const;
  for (const [index, one] of names.entries())
    for (const other of names.slice(index + 1)) {
      const found = await verify({ ...webhook, ...changes[one], ...changes[other] }, settings);
      assert.deepEqual(found.differences.map(({ part }) => part).sort(), [one, other].sort());
    }
});

test("a signature over something quite different is not explained, and what is no signature is said to be none", async () => {
  const webhook = { ...signed, signature: signWebhook({ ...signed, body: Buffer.from("x") }, signed.key) };
  const unknown = await verify(webhook, settings);
  assert.deepEqual([unknown.code, unknown.differences], [1, []]);
  assert.match(unknown.sentence, /--key-file/);
  for (const signature of ["", "nonsense", "%", "A".repeat(45)]) {
    const found = await verify({ ...webhook, signature }, settings);
    assert.match(found.sentence, /not one of Bird's in any writing/);
  }
});

test("an address and a body that are none change nothing", async () => {
  for (const odd of ["", "%", "https://", "http://[", "::", "?a=%zz"]) {
    const webhook = { ...signed, url: odd, body: Buffer.from([0xff, 0xfe, 0]) };
    const signature = signWebhook(webhook, "the-plain-key-no-2");
    const found = await verify({ ...webhook, signature }, settings);
    assert.match(found.sentence, /matches: it was made with key 2 of WEBHOOK_SIGNING_KEYS/);
    assert.equal((await verify({ ...webhook, signature: signWebhook(webhook, "odd") }, settings)).code, 1);
  }
});

test("a signature that matches and is too old is reported as such", async () => {
  const signature = signWebhook({ ...signed, body: Buffer.from(signed.body) }, signed.key);
  const found = await verify({ ...signed, signature }, { ...settings, WEBHOOK_MAX_AGE_MS: "1000" });
  assert.deepEqual([found.code, found.matches, found.tooOld], [0, true, true]);
  assert.match(found.sentence, /WEBHOOK_MAX_AGE_MS/);
});

test("the body may come from standard input, and without a key there is nothing to check with", async () => {
  const signature = signWebhook({ ...signed, body: Buffer.from(signed.body) }, signed.key);
  const args = { url: signed.url, timestamp: signed.timestamp, signature, body: "-", json: false };
  const io = createTestIo({ stdin: signed.body });
  assert.equal(await verifySignatureCommand({ io, config: readConfig(settings) }, args), 0);
  assert.match(io.out(), /^The signature matches: .*\n$/);
  const keyless = createTestIo({ stdin: signed.body });
  assert.equal(await verifySignatureCommand({ io: keyless, config: readConfig({}) }, args), 2);
  assert.match(keyless.err(), /--key-file/);
  const missing = { ...args, body: "/nowhere/body.json" };
  await assert.rejects(
    verifySignatureCommand({ io, config: readConfig(settings) }, missing),
    /cannot be read/,
  );
});
