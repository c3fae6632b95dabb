import assert from "node:assert/strict";
import test from "node:test";
import { createLog } from "../../src/log.ts";

const written = (line: object): string => {
  const lines: string[] = [];
  const destination = { write: (text: string) => void lines.push(text) };
  createLog({ level: "trace", role: "test", destination }).info(line, "said");
  return lines.join("");
};

test("the log shows no secret member at any depth, also in an error or a list", () => {
  const secret = { accessToken: "EAAG-1", inner: [{ authorization: "EAAG-2" }] };
  const error = Object.assign(new Error("refused"), { options: { headers: { authorization: "EAAG-3" } } });
  const cause = new Error("outer", { cause: Object.assign(new Error("inner"), { sealed: "EAAG-4" }) });
  for (const line of [
    secret,
    { request: secret },
    { a: { b: { c: secret } } },
    { err: error },
    { err: cause },
  ]) {
    const text = written(line);
    assert.doesNotMatch(text, /EAAG/);
    assert.match(text, /said/);
  }
  assert.match(written({ err: error }), /"message":"refused".*"authorization":"\[redacted\]"/);
});

test("a line keeps everything else as it is, and survives what points to itself", () => {
  const at = new Date(0);
  const line = {
    installId: "a",
    row: 1,
    at,
    url: new URL("https://a.example/"),
    accessKey: undefined,
    of: [null, 2],
  };
  const text = written(line);
  assert.match(
    text,
    /"installId":"a","row":1,"at":"1970-01-01T00:00:00.000Z","url":"https:\/\/a.example\/","of":\[null,2\]/,
  );
  const knot: { self?: object } = {};
  knot.self = knot;
  assert.match(written({ knot }), /said/);
});

test("an error of Redis is logged without what its command was about", () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", role: "test", destination: { write: (line) => lines.push(line) } });
  const command = { name: "evalsha", args: ["1f3c", "1", "+14155550100", '{"sealed":"CANARY"}'] };
  log.error({ err: Object.assign(new Error("WRONGTYPE"), { command }) }, "a run failed");
  assert.match(lines.join(""), /"command":"evalsha"/);
  assert.doesNotMatch(lines.join(""), /CANARY|14155550100/);
});
