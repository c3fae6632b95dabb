import assert from "node:assert/strict";
import test from "node:test";
import { createLog, type Logger } from "../../../src/log.ts";
import { logStyle } from "../../../src/main/log-style.ts";
import { createTextDestination } from "../../../src/main/text-log.ts";

const id = "01JGFJJZ00000000000000000A";
const controlStart = String.fromCharCode(27);

const written = (say: (log: Logger) => void, hasColors = false): string => {
  const lines: string[] = [];
  const destination = createTextDestination({ hasColors, write: (line) => lines.push(line) });
  say(createLog({ level: "debug", role: "test", destination }));
  return lines.join("").replaceAll(/\b\d\d:\d\d:\d\d\b/g, "22:01:07");
};

for (const [what, say, text] of [
  [
    "a line about an install names it once, without the ids only programs need",
    (log) =>
      log.info({ installId: id, batchId: "b", workspaceId: "w", attempt: 1, row: 3 }, "install completed"),
    `22:01:07 install ${id} completed (row 3)\n`,
  ],
  [
    "an install that the words do not name is named after them",
    (log) => log.info({ installId: id }, "connector deleted at Bird"),
    `22:01:07 connector deleted at Bird, install ${id}\n`,
  ],
  [
    "a notification is named",
    (log) => log.info({ notificationId: "n1", installId: null }, "a notification was delivered"),
    "22:01:07 a notification n1 was delivered\n",
  ],
  [
    "times are local times, and how long something took is in milliseconds",
    (log) => log.info({ untilMs: Date.now(), method: "GET", httpStatus: 200, ms: 12 }, "request"),
    "22:01:07 request (until 22:01:07, GET, 200, 12 ms)\n",
  ],
  [
    "a warning shows everything it is about",
    (log) =>
      log.warn(
        { installId: id, workspaceId: "w", code: "rejected_by_bird", birdStatus: 422 },
        "install failed",
      ),
    `22:01:07 WARN install ${id} failed (workspaceId w, rejected_by_bird, birdStatus 422)\n`,
  ],
  ["a sentence stays one", (log) => log.warn("SHARDS is 2"), "22:01:07 WARN SHARDS is 2\n"],
  [
    "secret members are redacted as in JSON",
    (log) => log.info({ accessToken: "CANARY" }, "said"),
    "22:01:07 said (accessToken [redacted])\n",
  ],
  [
    "no value steers the terminal or makes a line of its own",
    (log) => log.info({ reason: `a${controlStart}[2J\n22:01:07 b\u202e` }, "said"),
    "22:01:07 said (a [2J 22:01:07 b )\n",
  ],
] as const satisfies readonly (readonly [string, (log: Logger) => void, string])[]) {
  test(what, () => assert.equal(written(say), text));
}

test("a fault is followed by its stack", () => {
  const text = written((log) => log.error({ err: new Error("boom") }, "a run failed"));
  assert.match(text, /^22:01:07 ERROR a run failed\n {2}Error: boom\n {6}at /);
});

test("colors are written only when asked for", () => {
  const say = (log: Logger): void => log.warn({ installId: id }, "install failed");
  assert.ok(written(say, true).includes(`${controlStart}[33mWARN`));
  assert.ok(!written(say).includes(controlStart));
});

for (const [format, isTty, noColor, style] of [
  [undefined, true, undefined, "colored"],
  [undefined, true, "1", "text"],
  [undefined, true, "", "colored"],
  [undefined, false, undefined, "json"],
  ["text", false, undefined, "text"],
  ["text", true, undefined, "colored"],
  ["json", true, undefined, "json"],
] as const) {
  const where = isTty ? "on a terminal" : "off a terminal";
  test(`LOG_FORMAT ${format ?? "unset"} ${where} with NO_COLOR ${noColor ?? "unset"} is ${style}`, () => {
    assert.equal(logStyle({ format, isTty, noColor }), style);
  });
}
