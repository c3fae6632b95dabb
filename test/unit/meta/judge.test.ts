import assert from "node:assert/strict";
import test from "node:test";
import { metaCatalogue } from "../../../src/install/errors/meta-catalogue.ts";
import type { MetaPhone, MetaToken } from "../../../src/meta/graph-objects.ts";
import { type Fact, judge, type MetaFacts } from "../../../src/meta/judge.ts";

const nowMs = Date.parse("2026-11-29T12:00:00Z");
const dayMs = 86_400_000;
const appId = "106540352242922";
const asked = { wabaId: "7", phoneId: "10", phoneNumber: "+14155550100" };

const token: MetaToken = {
  appId,
  appName: "Perch",
  type: "SYSTEM_USER",
  isValid: true,
  expiresAtMs: undefined,
  neverExpires: true,
  isExpired: false,
  scopes: ["whatsapp_business_management", "whatsapp_business_messaging", "business_management"],
  wabaIds: ["7"],
};

const phone: MetaPhone = {
  id: "10",
  displayPhoneNumber: "+1 415-555-0100",
  verifiedName: "Acme",
  codeVerificationStatus: "VERIFIED",
  platformType: "NOT_APPLICABLE",
  status: "PENDING",
  qualityRating: "UNKNOWN",
};

const found = <T>(value: T): Fact<T> => ({ kind: "found", value });
const list = (phones: readonly MetaPhone[], isWhole = true) => found({ phones, isWhole });
const unknown = { kind: "unknown" } as const;
const missing = { kind: "missing" } as const;

const well: MetaFacts = { token: found(token), account: list([phone]), phone: unknown };
const withToken = (change: Partial<MetaToken>): Partial<MetaFacts> => ({
  token: found({ ...token, ...change }),
});
const withPhone = (change: Partial<MetaPhone>): Partial<MetaFacts> => ({
  account: list([{ ...phone, ...change }]),
});
const inNoList = (of: Fact<MetaPhone>): Partial<MetaFacts> => ({ account: list([]), phone: of });

/** The specification: what Meta shows, and what follows from it. Everything that is not named is in order. */
const table: readonly (readonly [shown: string, facts: Partial<MetaFacts>, codes: readonly string[]])[] = [
  ["everything in order", {}, []],
  ["nothing at all", { token: unknown, account: unknown, phone: unknown }, []],

  ["a token that is not valid", withToken({ isValid: false }), ["meta_token_invalid"]],
  ["a token that has expired", withToken({ isValid: false, isExpired: true }), ["meta_token_expired"]],
  ["an end in the past", withToken({ expiresAtMs: nowMs - 1 }), ["meta_token_expired"]],
  [
    "a refused token, which leaves nothing else to be known",
    { token: unknown, account: { kind: "token_refused", isExpired: false }, phone: missing },
    ["meta_token_invalid"],
  ],
  [
    "a refused token that has expired",
    { token: unknown, account: { kind: "token_refused", isExpired: true } },
    ["meta_token_expired"],
  ],
  ["an end within a week", withToken({ expiresAtMs: nowMs + 7 * dayMs }), ["meta_token_expires_soon"]],
  ["an end after more than a week", withToken({ expiresAtMs: nowMs + 7 * dayMs + 1 }), []],

  ["a token of another app", withToken({ appId: "1" }), ["meta_token_of_another_app"]],
  ["a token of an app that is not named", withToken({ appId: undefined }), []],
  [
    "a token that works and that the app may not inspect",
    { token: { kind: "refused", metaCode: 100 } },
    ["meta_token_of_another_app"],
  ],
  ["another refusal to inspect", { token: { kind: "refused", metaCode: 368 } }, []],
  [
    "a refusal to inspect, and nothing that shows that the token works",
    { token: { kind: "refused", metaCode: 100 }, account: unknown },
    [],
  ],

  [
    "a permission that is missing",
    withToken({ scopes: ["whatsapp_business_messaging"] }),
    ["meta_token_lacks_permission"],
  ],
  ["no permissions named", withToken({ scopes: undefined }), []],
  [
    "an account that the token has no permission for",
    { account: { kind: "denied", metaCode: 200 } },
    ["meta_token_lacks_permission"],
  ],

  ["no such account", { account: missing }, ["meta_waba_not_found"]],
  ["no such phone number", inNoList(missing), ["meta_phone_not_found"]],
  ["a phone number that its account does not list", inNoList(found(phone)), ["meta_phone_of_another_waba"]],
  [
    "a phone number that is missing in a list not read to its end",
    { account: list([], false), phone: found(phone) },
    [],
  ],
  ["an account that refuses for another reason", { account: { kind: "refused", metaCode: 368 } }, []],

  ["another number", withPhone({ displayPhoneNumber: "+1 415-555-0199" }), ["meta_number_differs"]],
  ["the same number in another writing", withPhone({ displayPhoneNumber: "14155550100" }), []],
  ["no number", withPhone({ displayPhoneNumber: undefined }), []],
  ["a number that cannot be read", withPhone({ displayPhoneNumber: "soon" }), []],

  [
    "a number that is not verified",
    withPhone({ codeVerificationStatus: "NOT_VERIFIED" }),
    ["meta_phone_not_verified"],
  ],
  [
    "a number that is connected, whatever became of its code",
    withPhone({ codeVerificationStatus: "NOT_VERIFIED", status: "CONNECTED" }),
    [],
  ],
  ["a code that has expired, which may mean either", withPhone({ codeVerificationStatus: "EXPIRED" }), []],
  [
    "a number of the On-Premises API",
    withPhone({ platformType: "ON_PREMISE" }),
    ["meta_phone_connected_elsewhere"],
  ],
  ["a number of Cloud API", withPhone({ platformType: "CLOUD_API", status: "CONNECTED" }), []],
  [
    "values Meta may add",
    withPhone({ platformType: "NEW", status: "NEW", codeVerificationStatus: "NEW" }),
    [],
  ],

  [
    "several mistakes at once, errors first",
    {
      ...withToken({ appId: "1", expiresAtMs: nowMs + dayMs }),
      ...withPhone({ displayPhoneNumber: "+4915112345678", codeVerificationStatus: "NOT_VERIFIED" }),
    },
    [
      "meta_token_of_another_app",
      "meta_number_differs",
      "meta_phone_not_verified",
      "meta_token_expires_soon",
    ],
  ],
];

for (const [shown, facts, codes] of table)
  test(`Meta shows ${shown}: ${codes.length === 0 ? "no finding" : codes.join(", ")}`, () => {
    const findings = judge({ ...well, ...facts }, { asked, appId, nowMs });
    assert.deepEqual(
      findings.map(({ code }) => code),
      codes,
    );
    for (const { code, severity, detail } of findings) {
      assert.equal(severity, code === "meta_token_expires_soon" ? "warning" : "error");
      if (detail !== undefined) assert.match(detail, /^[A-Z].*[^.]\.$/);
      assert.ok(!detail?.includes("4155550"), "a detail does not repeat a number");
    }
  });

test("every code of the preflight is the outcome of a case", () => {
  const named = new Set(table.flatMap(([, , codes]) => codes));
  assert.deepEqual([...named].sort(), Object.keys(metaCatalogue).sort());
});
