import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { inspect } from "node:util";
import { BirdRefusedError } from "../../src/actions/bird-refused-error.ts";
import { createSendTestMessage } from "../../src/actions/send-test-message.ts";
import { documentedTestMessage, testMessageSchema } from "../../src/actions/test-message.ts";
import { createBirdClient } from "../../src/bird/bird-client.ts";
import { createMessages } from "../../src/bird/messages.ts";
import { InstallNotFoundError, InstallStateError } from "../../src/install/errors/errors.ts";
import { InputError, parseInput } from "../../src/install/errors/input-error.ts";
import { type Install, installStatuses } from "../../src/install/install.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installOf, installsOf } from "../support/install.ts";
import { openSandbox, otherWorkspaceId, workspaceId } from "./sandbox-fixture.ts";

const to = "+31612345678";
const hello = { to, text: "Hello" };
const projectId = "9d7dcf98-a234-4e45-8304-baabc5db4f50";

/** Sends through a sandbox that has one channel, which is the install's. */
const openSend = async (t: TestContext, change: Partial<Install> = {}) => {
  const sandbox = await openSandbox(t, { faults: [{ fault: { kind: "channel_in_answer" } }] });
  const { body } = await sandbox.create();
  const install = installOf({ connectorId: body.id, channelId: body.channel?.channelId, ...change });
  const { url: baseUrl, accessKey } = sandbox;
  const client = createBirdClient({ baseUrl, accessKey, requestTimeoutMs: 500 });
  t.after(() => client.close());
  const send = createSendTestMessage({ installs: installsOf(install), messages: createMessages({ client }) });
  return { sandbox, install, send };
};

test("a text goes out through the install's channel", async (t) => {
  const { sandbox, install, send } = await openSend(t);
  const message = parseInput(testMessageSchema, { to: "0031 6 1234 5678", text: "Hello" });
  const sent = await send(install.id, message);
  const [kept] = sandbox.report().messages;
  assert.deepEqual(sent, { messageId: kept?.id, status: "accepted" });
  const { channelId } = install;
  assert.partialDeepStrictEqual(kept, { workspaceId, channelId, to, text: "Hello" });
});

test("a template goes out with its latest version and its variables as parameters", async (t) => {
  const { sandbox, install, send } = await openSend(t);
  const template = { projectId, locale: "en", variables: { name: "Robert", order: "42" } };
  await send(install.id, parseInput(testMessageSchema, { to, template }));
  assert.deepEqual(sandbox.report().messages[0]?.template, {
    projectId,
    version: "latest",
    locale: "en",
    parameters: [
      { type: "string", key: "name", value: "Robert" },
      { type: "string", key: "order", value: "42" },
    ],
  });
});

test("an answer without id and status is a message that was taken", async (t) => {
  const { sandbox, install, send } = await openSend(t);
  sandbox.setFaults([{ operation: "sendMessage", fault: { kind: "empty_200" } }]);
  assert.deepEqual(await send(install.id, hello), {});
  assert.equal(sandbox.report().messages.length, 1);
});

test("an unknown install is not found", async (t) => {
  const { send } = await openSend(t);
  await assert.rejects(send("another", hello), InstallNotFoundError);
});

for (const status of installStatuses.filter((one) => one !== "completed")) {
  test(`an install that is ${status} sends nothing`, async (t) => {
    const { sandbox, install, send } = await openSend(t, { status });
    await assert.rejects(send(install.id, hello), (error) => {
      assert.ok(error instanceof InstallStateError);
      assert.match(error.message, new RegExp(`is ${status}: a message can be sent once it is completed\\.$`));
      return true;
    });
    assert.deepEqual(sandbox.report().messages, []);
  });
}

test("an uninstalled install sends nothing", async (t) => {
  const { install, send } = await openSend(t, { uninstalledAt: "2026-01-02T03:04:05.000Z" });
  await assert.rejects(send(install.id, hello), (error) => {
    assert.ok(error instanceof InstallStateError);
    assert.match(error.message, /was uninstalled/);
    return true;
  });
});

type Fault = FaultRule["fault"];

const refusals: readonly (readonly [
  fault: Fault,
  error: { code: string; birdStatus: number | undefined; isUnavailable: boolean },
  says: RegExp,
])[] = [
  [
    { kind: "status", status: 401 },
    { code: "unauthorized", birdStatus: 401, isUnavailable: false },
    /Set a valid BIRD_ACCESS_KEY/,
  ],
  [
    { kind: "status", status: 403 },
    { code: "forbidden", birdStatus: 403, isUnavailable: false },
    /create on \/workspaces\/\*\/channels\/\*\/messages/,
  ],
  [
    { kind: "status", status: 404 },
    { code: "rejected_by_bird", birdStatus: 404, isUnavailable: false },
    /Look the channel up in Bird/,
  ],
  [
    { kind: "status", status: 422 },
    { code: "rejected_by_bird", birdStatus: 422, isUnavailable: false },
    /\(HTTP 422\)\. Check the number/,
  ],
  [
    { kind: "status", status: 429 },
    { code: "rate_limited", birdStatus: 429, isUnavailable: true },
    /Try again in a minute/,
  ],
  [
    { kind: "status", status: 502 },
    { code: "bird_unavailable", birdStatus: 502, isUnavailable: true },
    /\(HTTP 502\)\. Look whether the message arrived/,
  ],
  [
    { kind: "slow", delayMs: 60_000 },
    { code: "bird_unavailable", birdStatus: undefined, isUnavailable: true },
    /\(ETIMEDOUT\)\. Look whether the message arrived/,
  ],
];

for (const [fault, expected, says] of refusals) {
  const what = fault.kind === "status" ? `status ${fault.status}` : fault.kind;
  test(`${what} is Bird's refusal, says what to do, and is not repeated`, async (t) => {
    const { sandbox, install, send } = await openSend(t);
    sandbox.setFaults([{ operation: "sendMessage", times: 1, fault }]);
    await assert.rejects(send(install.id, hello), (error) => {
      assert.ok(error instanceof BirdRefusedError);
      const { code, birdStatus, isUnavailable } = error;
      assert.deepEqual({ code, birdStatus, isUnavailable }, expected);
      assert.match(error.message, /^Bird did not send the message/);
      assert.match(error.message, says);
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(sandbox.accessKey));
      return true;
    });
    assert.equal(sandbox.report().messages.length, fault.kind === "slow" ? 1 : 0);
  });
}

test("a channel that is gone at Bird is Bird's refusal", async (t) => {
  const { install, send } = await openSend(t, { channelId: otherWorkspaceId });
  await assert.rejects(send(install.id, hello), { code: "rejected_by_bird", birdStatus: 404 });
});

const issuesOf = (input: unknown) => {
  try {
    parseInput(testMessageSchema, input);
  } catch (error) {
    if (error instanceof InputError) return error.issues;
    throw error;
  }
  return [];
};

const notTogether =
  "must not be sent together with text: a text reaches only people who wrote in the last 24 hours";

const wrong: readonly (readonly [input: unknown, issues: readonly { path: string; message: string }[]])[] = [
  [7, [{ path: "", message: "must be an object with to, and text or template" }]],
  [{ text: "Hello" }, [{ path: "/to", message: "is missing" }]],
  [
    { to: "0612345678", text: "" },
    [
      { path: "/to", message: "must be a phone number with its country code, for example +14155550123" },
      { path: "/text", message: "must not be empty: the message" },
    ],
  ],
  [{ to }, [{ path: "/text", message: "is missing: send it, or a template" }]],
  [{ to, text: undefined }, [{ path: "/text", message: "is missing: send it, or a template" }]],
  [{ to, text: null }, [{ path: "/text", message: "must be text: the message" }]],
  [[], [{ path: "", message: "must be an object with to, and text or template" }]],
  [
    { to: "+1 415", name: "Acme" },
    [
      { path: "/to", message: "has 3 digits after +1 where numbers have 10" },
      { path: "/name", message: "is not a known member: remove it or correct its name" },
      { path: "/text", message: "is missing: send it, or a template" },
    ],
  ],
  [
    { text: "Hello", template: { projectId, locale: "en" } },
    [
      { path: "/to", message: "is missing" },
      { path: "/template", message: notTogether },
    ],
  ],
  [
    { to, text: "Hello", template: { projectId, locale: "en" } },
    [{ path: "/template", message: notTogether }],
  ],
  [{ to, text: "x".repeat(4097) }, [{ path: "/text", message: "must not be longer than 4096 characters" }]],
  [
    { to, body: "Hello", text: "Hello" },
    [{ path: "/body", message: "is not a known member: remove it or correct its name" }],
  ],
  [{ to, template: "x" }, [{ path: "/template", message: "must be an object with projectId and locale" }]],
  [
    { to, template: { projectId: "x", locale: "e", version: "", variables: { name: 7 } } },
    [
      { path: "/template/projectId", message: "must be the UUID of the template's project in Bird" },
      { path: "/template/version", message: "must not be empty: the UUID of a version, or latest" },
      { path: "/template/locale", message: "must be a language such as en or pt-BR" },
      { path: "/template/variables/name", message: "must be text" },
    ],
  ],
  [
    { to, template: { projectId, locale: "en", variables: ["a"] } },
    [{ path: "/template/variables", message: "must be an object of texts" }],
  ],
];

for (const [input, issues] of wrong) {
  test(`a body is refused: ${issues.map(({ path, message }) => `${path} ${message}`).join("; ")}`, () => {
    assert.deepEqual(issuesOf(input), issues);
  });
}

test("a text of 4096 characters is fine", () => {
  const text = "x".repeat(4096);
  assert.deepEqual(parseInput(testMessageSchema, { to: " +31 (6) 1234-5678 ", text }), { to, text });
});

test("the documented types take what the API takes, and refuse what it refuses", () => {
  const template = { projectId, locale: "en" };
  const bodies = [
    { to },
    { to, text: "Hello" },
    { to, template },
    { to, text: "Hello", template },
    { text: "Hello" },
  ];
  assert.deepEqual(
    bodies.map((body) => documentedTestMessage.safeParse(body).success),
    bodies.map((body) => issuesOf(body).length === 0),
  );
});
