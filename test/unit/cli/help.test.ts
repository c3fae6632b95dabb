import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import test from "node:test";
import { buildProgram } from "../../../src/main/build-program.ts";
import { examplesOf } from "../../../src/main/commands/examples.ts";
import { commandsOf } from "../../../src/main/help.ts";

const main = join(import.meta.dirname, "../../../src/main.ts");
const program = buildProgram("0");
const all = commandsOf(program);

const perch = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(process.execPath, ["--", main, ...args], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, ...env },
    cwd: import.meta.dirname,
  });

test("every command has examples, with options that it knows and the id or file it takes", () => {
  assert.ok(all.length > 20);
  for (const { name, command } of all) {
    const examples = examplesOf(name);
    assert.ok(examples.length > 0, name);
    for (const example of examples) {
      assert.ok(example.includes(`perch ${name}`), example);
      const options = [...example.matchAll(/(?<= )--[a-z-]+/g)].map(([option]) => option);
      const known = [...program.options, ...command.options].map(({ long }) => long ?? "");
      assert.deepEqual(
        options.filter((option) => !known.includes(option)),
        [],
        example,
      );
    }
  }
  assert.match(perch(["batches", "--help"]).stdout, /\nExamples:\n {2}perch batches\n/);
});

test("help groups commands by task, marks what is required and does not say what is false by default", () => {
  const { stdout } = perch(["--help"]);
  const titles = [...stdout.matchAll(/^(\w+):$/gm)].map(([, title]) => title);
  assert.deepEqual(titles, ["Options", "Run", "Enqueue", "Look", "Act", "Operate"]);
  const install = perch(["install", "--help"]).stdout;
  assert.equal(install.split("(required)").length, 6);
  for (const { command } of all) assert.doesNotMatch(command.helpInformation(), /default: false/);
});

test("all required options that are missing are named at once", () => {
  const { status, stderr } = perch(["install", "--name", "Acme"]);
  assert.equal(status, 2);
  assert.match(stderr, /^error: required but not given: --workspace, --waba, --phone-id, --phone\n/);
  assert.match(perch(["erase"]).stderr, /^error: required but not given: --phone\n/);
});

test("what is mistyped is answered with what was meant", () => {
  assert.match(perch(["batchs"]).stderr, /Did you mean one of batch, batches\?/);
  assert.match(perch(["list", "--statu", "failed"]).stderr, /Did you mean --status\?/);
});

test("help has colours only where they are wanted", () => {
  const isColored = (env: Readonly<Record<string, string>>): boolean =>
    perch(["--help"], env).stdout.includes("\u001b[");
  assert.equal(isColored({}), false, "no terminal");
  assert.equal(isColored({ FORCE_COLOR: "1" }), true);
  assert.equal(isColored({ FORCE_COLOR: "1", NO_COLOR: "1" }), false);
});

/** What bash offers for a line that ends with the word to complete. */
const offered = (line: string): readonly string[] => {
  const script = perch(["completion", "bash"]).stdout;
  const words = line.split(" ");
  const run = `${script}\nCOMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")})\nCOMP_CWORD=${words.length - 1}\n_perch\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", run], { encoding: "utf8" });
  assert.equal(stderr, "");
  return stdout.split("\n").filter((word) => word !== "");
};

test("bash completes commands, their commands and options", () => {
  assert.deepEqual(offered("perch ba"), ["batch", "batches"]);
  assert.deepEqual(offered("perch workspaces r"), ["resume"]);
  assert.deepEqual(offered("perch list --st"), ["--status", "--stuck"]);
  assert.deepEqual(offered("perch --env-file x.env keys "), ["seal", "api", "--help"]);
  assert.deepEqual(offered("perch import numb"), [], "files are left to the shell");
  assert.equal(perch(["completion", "tcsh"]).status, 2);
});

test("each shell's completion names every command and option", () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = perch(["completion", shell]).stdout;
    for (const { name, command } of all) {
      assert.ok(script.includes(`"perch ${name}"`), `${shell} ${name}`);
      for (const { long } of command.options)
        assert.match(script, new RegExp(`[ "']${long}[ "']`), `${shell} ${long}`);
    }
    const checker = spawnSync(shell, ["-n"], { input: script, encoding: "utf8" });
    if (checker.error === undefined) assert.deepEqual([checker.status, checker.stderr], [0, ""], shell);
  }
});
