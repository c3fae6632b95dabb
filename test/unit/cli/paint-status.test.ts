import assert from "node:assert/strict";
import test from "node:test";
import { WriteStream } from "node:tty";
import { paintStatus, printOfStatus } from "../../../src/cli/terminal/paint-status.ts";
import { fittingTable } from "../../../src/cli/terminal/plain-table.ts";
import { createTestIo } from "./test-io.ts";

test("off a terminal a status has no colour", () => {
  const paint = paintStatus(createTestIo());
  for (const status of ["completed", "failed", "held", "queued"]) assert.equal(paint(status), status);
});

test("on a terminal of colours a status has one, and NO_COLOR and a dumb terminal take it away", () => {
  const colors = (env: Record<string, string>): number =>
    WriteStream.prototype.getColorDepth.call(undefined, env);
  const painted = (env: Record<string, string>): string => {
    const { stdout } = createTestIo();
    const terminal = Object.assign(stdout, { isTTY: true, getColorDepth: () => colors(env) });
    return paintStatus({ stdout: terminal })("failed");
  };
  assert.equal(painted({ TERM: "xterm-256color" }), "\u001b[31mfailed\u001b[39m");
  assert.equal(painted({ TERM: "dumb" }), "failed");
  assert.equal(painted({ TERM: "xterm-256color", NO_COLOR: "1" }), "failed");
});

test("colours do not change the columns of a table, and a cell's own colours are taken out", () => {
  const items = [
    { status: "a\u001b[1mb", x: 1 },
    { status: "completed", x: 2 },
  ];
  const paint = (text: string) => `\u001b[31m${text}\u001b[39m`;
  const table = fittingTable(items, [
    { title: "status", max: 10, paint, of: ({ status }) => status },
    { title: "x", max: 3, of: ({ x }) => x },
  ]);
  assert.equal(table, "status    x\n\u001b[31ma [1mb\u001b[39m    1\n\u001b[31mcompleted\u001b[39m 2\n");
});

test("the first line of an install or a batch has the colour of its status on a terminal, and no fact has any", () => {
  for (const depth of [8, 1]) {
    const io = createTestIo();
    Object.assign(io.stdout, { isTTY: true, getColorDepth: () => depth });
    printOfStatus(io, "failed", ["It has \u001b[1mfailed.", "  error x"]);
    const headline = "It has  [1mfailed.";
    assert.equal(io.out(), `${depth === 8 ? `\u001b[31m${headline}\u001b[39m` : headline}\n  error x\n`);
  }
});
