import assert from "node:assert/strict";
import test from "node:test";
import type { Command } from "commander";
import { buildProgram } from "../../../src/main/build-program.ts";

/** Every option and argument of a command and of those below it that takes a value. */
const valuesOf = (command: Command): readonly string[] => [
  ...command.options.filter(({ required, optional }) => required || optional).flatMap(({ flags }) => [flags]),
  ...command.registeredArguments.map((argument) => argument.name()),
  ...command.commands.flatMap(valuesOf),
];

/** They sound like secrets and are none: error codes. */
const publicValues: ReadonlySet<string> = new Set(["--where <member=…>", "--code <code>"]);

test("no command takes a secret as an argument, which every user of the machine can read; files and standard input do", () => {
  const values = valuesOf(buildProgram("0"));
  assert.ok(values.length > 30);
  const secret = values.filter((name) => /token|secret|password|code|\bkey|-key\b/i.test(name));
  const files = secret.filter((name) => /-file <file>$/.test(name));
  assert.ok(files.length >= 2, "those that name files");
  assert.deepEqual(
    secret.filter((name) => !files.includes(name) && !publicValues.has(name)),
    [],
  );
});
