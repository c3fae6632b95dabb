import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { InputError, type InputIssue, parseInput } from "../../../src/install/errors/input-error.ts";
import {
  installRequestSchema,
  requestMembers,
  secretMembers,
  signupRequestSchema,
} from "../../../src/install/request.ts";

const id = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";
const least = {
  workspaceId: id,
  name: "Acme",
  wabaId: "102290129340398",
  phoneId: "106540352242922",
  phoneNumber: "+14155550123",
  accessToken: "EAAG-TOKEN",
};
const most = {
  ...least,
  mbPhoneId: "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21",
  invitationToken: "INVITATION",
  channelConversationalStatusEnabled: false,
  reinstall: true,
  priority: "bulk",
  metadata: { customer: "42", "": "" },
  callbackUrl: "https://hooks.example.com/perch?tenant=7",
  channelWebhooks: {
    url: "https://hooks.example.com/whatsapp",
    events: ["whatsapp.inbound"],
    signingKey: "SIGNING-KEY",
  },
};

const parse = (input: unknown) => parseInput(installRequestSchema, input);

const issuesOf = (input: unknown): readonly InputIssue[] => {
  try {
    parse(input);
  } catch (error) {
    if (error instanceof InputError) return error.issues;
    throw error;
  }
  return assert.fail(`taken: ${JSON.stringify(input)}`);
};

const without = (name: string) => Object.fromEntries(Object.entries(least).filter(([key]) => key !== name));

test("a request with only what is needed, and one with everything, come out as they went in", () => {
  assert.deepEqual(parse(least), least);
  assert.deepEqual(parse(most), most);
  assert.deepEqual(Object.keys(most).sort(), requestMembers.toSorted());
});

for (const [what, given, stored] of [
  ["a workspace id in capitals", { workspaceId: id.toUpperCase() }, { workspaceId: id }],
  ["a name with blanks around it", { name: "  Acme \n" }, { name: "Acme" }],
  ["the longest name", { name: "x".repeat(255) }, { name: "x".repeat(255) }],
  ["ids with blanks around them", { wabaId: " 1 ", phoneId: "2\t" }, { wabaId: "1", phoneId: "2" }],
  ["the longest ids", { wabaId: "9".repeat(32) }, { wabaId: "9".repeat(32) }],
  ["a number as people write it", { phoneNumber: "0044 (0)20 7946 0958" }, { phoneNumber: "+442079460958" }],
  ["tokens with a line's end", { accessToken: "tok\r\n" }, { accessToken: "tok" }],
  ["the longest token", { accessToken: "x".repeat(4096) }, { accessToken: "x".repeat(4096) }],
  ["an interactive priority", { priority: "interactive" }, { priority: "interactive" }],
] as const) {
  test(`${what} is taken`, () => {
    assert.deepEqual(parse({ ...least, ...given }), { ...least, ...stored });
  });
}

for (const name of Object.keys(least)) {
  test(`a missing ${name} is called missing`, () => {
    const [issue, ...others] = issuesOf(without(name));
    assert.equal(issue?.path, `/${name}`);
    assert.equal(issue?.message, "is missing");
    assert.deepEqual(others, []);
  });
}

const bad = [
  ["callbackUrl", "ftp://hooks.example.com", /https address/],
  ["callbackUrl", "https://user:secret@hooks.example.com", /without a user name/],
  ["callbackUrl", "hooks.example.com", /https address/],
  ["callbackUrl", "https:hooks.example.com", /https address/],
  ["callbackUrl", "https:/hooks.example.com", /https address/],
  ["callbackUrl", "https:\\\\hooks.example.com", /https address/],
  ["callbackUrl", "https://@hooks.example.com", /without a user name/],
  ["name", "Acme\u0000", /control characters/],
  ["phoneNumber", "4915112345678.0", /spreadsheet/],
  ["workspaceId", "ws_123", /UUID/],
  ["workspaceId", `${id}0`, /UUID/],
  ["workspaceId", 5, /UUID/],
  ["name", "", /must not be empty/],
  ["name", "  ", /must not be empty/],
  ["name", "x".repeat(256), /255/],
  ["name", 5, /must be text/],
  ["wabaId", "", /must be the digits/],
  ["wabaId", "10229a", /must be the digits/],
  ["wabaId", "9".repeat(33), /must be the digits/],
  ["wabaId", "١٢٣", /must be the digits/],
  ["wabaId", 102290129340398, /must be text/],
  ["wabaId", "1.02E+14", /spreadsheet/],
  ["phoneId", "1,06541e14", /spreadsheet/],
  ["phoneId", null, /must be text/],
  ["phoneNumber", "415 555 0123 x5", /country code/],
  ["phoneNumber", 14155550123, /must be text/],
  ["mbPhoneId", "+14155550123", /UUID/],
  ["accessToken", "", /must not be empty/],
  ["accessToken", "x".repeat(4097), /4096/],
  ["accessToken", "two words", /printable ASCII/],
  ["accessToken", "tokén", /printable ASCII/],
  ["accessToken", ["EAAG"], /must be text/],
  ["accessToken", null, /must be text/],
  ["invitationToken", "", /must not be empty/],
  ["invitationToken", "a\u0000b", /printable ASCII/],
  ["channelConversationalStatusEnabled", "true", /true or false/],
  ["reinstall", 1, /true or false/],
  ["priority", "urgent", /interactive or bulk/],
  ["metadata", { big: "x".repeat(2048) }, /2048 bytes/],
  ["metadata", { big: "é".repeat(1020) }, /2048 bytes/],
] as const;

for (const [name, value, message] of bad) {
  const shown = JSON.stringify(value);
  test(`${name} ${shown.length > 40 ? `${shown.slice(0, 20)}… (${shown.length})` : shown} is refused`, () => {
    const [issue, ...others] = issuesOf({ ...least, [name]: value });
    assert.equal(issue?.path, `/${name}`);
    assert.match(issue?.message ?? "", message);
    assert.deepEqual(others, []);
  });
}

for (const [path, change, message] of [
  ["signingKey", { signingKey: undefined }, /is missing/],
  ["events", { events: [] }, /at least one/],
  ["events/0", { events: ["sms.inbound"] }, /must be one of/],
  ["events", { events: ["whatsapp.inbound", "whatsapp.inbound"] }, /twice/],
  ["key", { key: "K" }, /not a known member/],
] as const) {
  test(`channelWebhooks with ${JSON.stringify(change)} are refused`, () => {
    const [issue, ...others] = issuesOf({
      ...least,
      channelWebhooks: { ...most.channelWebhooks, ...change },
    });
    assert.equal(issue?.path, `/channelWebhooks/${path}`);
    assert.match(issue?.message ?? "", message);
    assert.deepEqual(others, []);
  });
}

test("metadata of exactly 2048 bytes is taken", () => {
  const metadata = { a: "x".repeat(2048 - '{"a":""}'.length) };
  assert.deepEqual(parse({ ...least, metadata }), { ...least, metadata });
});

test("what is no object at all is refused as a whole", () => {
  for (const input of [undefined, null, "text", 5, true, [], [least]]) {
    assert.deepEqual(issuesOf(input), [
      { path: "", message: "must be an object with the members of an install request" },
    ]);
  }
});

test("unknown members are refused one by one, also when everything else is right", () => {
  const issues = issuesOf({ ...least, acessToken: "x", Name: "y" });
  assert.deepEqual(issues.map(({ path }) => path).sort(), ["/Name", "/acessToken"]);
  for (const { message } of issues) assert.match(message, /not a known member/);
});

test("an own member called __proto__ is unknown like any other", () => {
  const input: unknown = JSON.parse(`{"__proto__": {"name": "x"}, ${JSON.stringify(least).slice(1)}`);
  assert.deepEqual(
    issuesOf(input).map(({ path }) => path),
    ["/__proto__"],
  );
});

test("everything that is wrong is named at once, and in the message too", () => {
  const input = { ...without("name"), wabaId: "x", metadata: { a: 5, b: 6 }, extra: 1, more: 2 };
  const paths = ["/name", "/wabaId", "/metadata/a", "/metadata/b", "/extra", "/more"];
  assert.deepEqual(
    issuesOf(input)
      .map(({ path }) => path)
      .sort(),
    paths.toSorted(),
  );
  assert.throws(
    () => parse(input),
    (error) => error instanceof InputError && paths.every((path) => error.message.includes(path.slice(1))),
  );
});

test("paths are JSON Pointers: a slash and a tilde in a name are escaped", () => {
  assert.deepEqual(
    issuesOf({ ...least, "a/b~c": 1, metadata: { "~/": 5 } })
      .map(({ path }) => path)
      .sort(),
    ["/a~1b~0c", "/metadata/~0~1"],
  );
});

test("the error is coded and named, so that callers need no message", () => {
  assert.throws(() => parse({}), { name: "InputError", code: "invalid_request" });
});

test("the members that are sealed are exactly the tokens", () => {
  assert.deepEqual(
    [...secretMembers],
    requestMembers.filter((name) => /token|secret|key/i.test(name)),
  );
});

const canary = "CANARY-7f3a9c";
for (const name of secretMembers) {
  test(`no error shows what was given as ${name}`, () => {
    const values = [
      `${canary} with a blank`,
      `${canary}é`,
      canary.repeat(400),
      [canary],
      { [name]: canary },
      `${canary}\n${canary}`,
    ];
    for (const value of values) {
      for (const input of [
        { ...least, [name]: value },
        { ...without("name"), [name]: value },
        { ...least, [name]: value, extra: canary },
      ]) {
        const error = thrownBy(input);
        const texts = [error.message, error.stack ?? "", JSON.stringify(error), JSON.stringify(error.issues)];
        assert.ok(!texts.join("\n").includes(canary), texts.join("\n"));
        assert.equal(error.cause, undefined);
      }
    }
  });
}

const thrownBy = (input: unknown): InputError => {
  try {
    parse(input);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  return assert.fail("taken");
};

const memberValues = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(most)));
const shaped = fc.dictionary(fc.constantFrom(...requestMembers, "other", "__proto__"), memberValues);

test("no JSON makes the parser throw anything but an InputError with a reason", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue(),
        shaped,
        shaped.map((change) => ({ ...least, ...change })),
      ),
      (input) => {
        try {
          parse(input);
        } catch (error) {
          assert.ok(error instanceof InputError);
          assert.ok(error.issues.length > 0);
          for (const { path, message } of error.issues) {
            assert.ok(path === "" || path.startsWith("/"));
            assert.notEqual(message, "");
          }
        }
      },
    ),
    { numRuns: 1000 },
  );
});

for (const [what, change, path, message] of [
  ["one id for account and number", { wabaId: "77", phoneId: "77" }, "/wabaId", /^is the same as phoneId: /],
  [
    "the number for its id",
    { phoneNumber: "+1 415 555 0123", phoneId: "14155550123" },
    "/phoneId",
    /^is the phone number itself: give the id that Meta has for the number$/,
  ],
  [
    "the number for the account's id",
    { phoneNumber: "+1 415 555 0123", wabaId: "14155550123" },
    "/wabaId",
    /^is the phone number itself: /,
  ],
] as const) {
  test(`${what} is refused, beside whatever else is wrong`, () => {
    for (const wrong of [{}, { name: "" }, { nonsense: 1 }]) {
      const issues = issuesOf({ ...least, ...change, ...wrong });
      assert.equal(issues.length, 1 + Object.keys(wrong).length);
      const issue = issues.find((one) => one.path === path);
      assert.match(issue?.message ?? "", message);
    }
  });
}

test("ids that are no ids are not compared", () => {
  const issues = issuesOf({ ...least, wabaId: "x", phoneId: "x" });
  assert.deepEqual(
    issues.map(({ message }) => message.slice(0, 19)),
    ["must be the digits ", "must be the digits "],
  );
});

test("a signup is validated by the same rules", () => {
  const { accessToken: _, ...rest } = { ...least, accessToken: "" };
  const parsed = signupRequestSchema.safeParse({ ...rest, signupCode: "c", wabaId: "7", phoneId: "7" });
  assert.deepEqual(
    parsed.error?.issues.map(({ path }) => path),
    [["wabaId"]],
  );
});

test("a request that was taken is taken again unchanged", () => {
  fc.assert(
    fc.property(shaped, (change) => {
      const first = installRequestSchema.safeParse({ ...least, ...change });
      if (first.success) assert.deepEqual(parse(first.data), first.data);
    }),
  );
});

test("metadata that is no object is refused in plain words", () => {
  const [issue] = issuesOf({ ...least, metadata: 5 });
  assert.equal(issue?.path, "/metadata");
  assert.match(issue?.message ?? "", /^must be /);
});

test("bug: a metadata member called __proto__ is dropped without a word", () => {
  const metadata: unknown = JSON.parse('{"__proto__": "kept"}');
  const parsed = installRequestSchema.safeParse({ ...least, metadata });
  assert.ok(!parsed.success || JSON.stringify(parsed.data.metadata) === '{"__proto__":"kept"}');
});
