import assert from "node:assert/strict";
import test from "node:test";
import { accessTokenIssue, signupCodeIssue } from "../../../src/install/values/access-token.ts";

const token = "EAAGm0PX4ZCpsBAKZCj2vZAe";

for (const [text, fault] of [
  [`"""${token}"""`, /without quotation marks/],
  [`'${token}'`, /without quotation marks/],
  [`“${token}”`, /without quotation marks/],
  [`{"access_token":"${token}","token_type":"bearer"}`, /whole answer of a token exchange/],
  [`"access_token": "${token}"`, /whole answer of a token exchange/],
  [`access_token=${token}&token_type=bearer`, /part of an address or a form/],
  [`${token}&expires_in=5184000`, /part of an address or a form/],
  [`https://graph.facebook.com/me?access_token=${token}`, /is an address/],
  [`Bearer ${token}`, /without "Bearer"/],
  ["EAAGabc...", /was cut/],
  ["EAAGabc…", /was cut/],
  ["EAAG..xyz", /was cut/],
  ["<ACCESS_TOKEN>", /is a placeholder/],
  ["[token]", /is a placeholder/],
  ["{{token}}", /whole answer|is a placeholder/],
  [`\${TOKEN}`, /is a placeholder/],
  ["%TOKEN%", /is a placeholder/],
  ["null", /is a placeholder/],
  ["NULL", /is a placeholder/],
  ["undefined", /is a placeholder/],
  ["None", /is a placeholder/],
  ["NaN", /is a placeholder/],
  ["N/A", /is a placeholder/],
  ["#N/A", /is a placeholder/],
  ["\\N", /is a placeholder/],
  ["YOUR_ACCESS_TOKEN", /is a placeholder/],
  ["your-token-here", /is a placeholder/],
  ["access_token", /is a placeholder/],
  ["ACCESS_TOKEN_HERE", /is a placeholder/],
  ["token", /is a placeholder/],
  ["TOKEN_HERE", /is a placeholder/],
  ["paste token here", /is a placeholder/],
  ["Put the access token here!", /is a placeholder/],
  ["your token", /is a placeholder/],
  ["userAccessToken", /is a placeholder/],
  ["long-lived-token", /is a placeholder/],
  ["META_ACCESS_TOKEN", /is a placeholder/],
  ["token follows", /is a placeholder/],
  ["Token folgt", /is a placeholder/],
  ["Token hier einfügen", /is a placeholder/],
  ["change_me", /is a placeholder/],
  ["xxxxxxxx", /is a placeholder/],
  ["---", /is a placeholder/],
  ["TBD", /is a placeholder/],
  ["********", /is masked/],
  ["EAAG****wxyz", /is masked/],
  ["EAAG••••••", /is masked/],
  [`${token},${token}`, /has a comma/],
  [`${token};`, /has a comma or a semicolon/],
  [`(${token})`, /has brackets/],
  ["1234567890123456|AbCdEf-secret", /is an app's own token/],
  ["106540352242001", /is an id/],
  ["AQBabc123_def-456", /give it as signupCode/],
] as const) {
  test(`${text} is no token`, () => {
    assert.match(accessTokenIssue(text) ?? "taken", fault);
  });
}

for (const text of [
  token,
  "any-token",
  "EAAG-long-lived-token",
  "OTHER-TOKEN",
  "key",
  "EAAaccesstoken",
  "aTokenWithoutDigits",
  "EAAG-EXAMPLE-001-NOT-A-REAL-TOKEN",
  "tok",
  "IGQVJabc",
  "a.b.c",
  "x",
]) {
  test(`${text} may be a token`, () => {
    assert.equal(accessTokenIssue(text), undefined);
  });
}

test("a token in place of a code is named, and codes are taken", () => {
  assert.match(signupCodeIssue(token) ?? "taken", /give it as accessToken/);
  assert.match(signupCodeIssue("null") ?? "taken", /placeholder/);
  for (const code of ["AQBabc123_def-456", "c1", "AQBabc#_"]) assert.equal(signupCodeIssue(code), undefined);
});
