import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { z } from "zod";
import { withPerchFolder } from "../support/perch.ts";
import { installRequest } from "../support/request.ts";

const freePorts = { WEBHOOK_PORT: "0", SANDBOX_PORT: "0" };
const token = "EAAG-E2E-CANARY-TOKEN";
const { workspaceId, name, wabaId, phoneId, phoneNumber } = installRequest();
const installArgs = [
  "install",
  "--workspace",
  workspaceId,
  "--name",
  name,
  "--waba",
  wabaId,
  "--phone-id",
  phoneId,
  "--phone",
  phoneNumber,
];
const installSchema = z.object({ id: z.string(), status: z.string(), connectorId: z.string() });

test("every command answers --help, and wrong usage ends 2 with one plain sentence", async () => {
  await withPerchFolder(async ({ run }) => {
    const commands = namedInDocs();
    for (const command of commands) {
      const { code, stdout } = await run([...command.split(" "), "--help"]).ended;
      assert.equal(code, 0, command);
      assert.match(stdout, /Usage: perch/);
    }
    for (const args of [
      ["nonsense"],
      ["install"],
      ["import"],
      ["list", "--limit", "x"],
      ["list", "--status", "odd"],
    ]) {
      const { code, stderr } = await run(args).ended;
      assert.equal(code, 2, args.join(" "));
      assert.match(stderr, /^error: /);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  });
});

test("all wrong settings are named together, without their values", async () => {
  await withPerchFolder(async ({ run }) => {
    const env = {
      WORKER_CONCURRENCY: "secret-a",
      BIRD_API_URL: "http://secret-b.example",
      SEALING_KEYS: "secret-c",
    };
    const { code, stderr } = await run(["worker"], { env }).ended;
    assert.equal(code, 1);
    for (const setting of [...Object.keys(env), "BIRD_ACCESS_KEY"]) assert.match(stderr, new RegExp(setting));
    assert.doesNotMatch(stderr, /secret-/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
});

test("install, status, list and import work against a running stack, and no token is in any process's arguments", async () => {
  await withPerchFolder(async ({ run, dir }) => {
    const stack = run(["start"], { env: freePorts });
    await stack.prints(/Ctrl-C/);
    const installing = run([...installArgs, "--wait", "--json"], { stdin: token });
    await installing.prints(/Waiting for install/);
    const running = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" }).stdout;
    assert.match(running, /--phone-id/);
    assert.ok(!running.includes(token), "not in a process's arguments");
    const installed = await installing.ended;
    assert.equal(installed.code, 0, installed.stderr);
    const install = installSchema.parse(JSON.parse(installed.stdout));
    assert.equal(install.status, "completed");

    const status = await run(["status", install.id]).ended;
    assert.match(status.stdout, /connector created/);
    const list = await run(["list", "--json", "--status", "completed"]).ended;
    const page = z.object({ items: z.array(installSchema) }).parse(JSON.parse(list.stdout));
    assert.deepEqual(
      page.items.map(({ id }) => id),
      [install.id],
    );
    assert.equal((await run(["status", "nobody"]).ended).code, 1);

    const file = join(dir, "numbers.csv");
    await writeFile(
      file,
      `workspaceId,name,wabaId,phoneId,phoneNumber,accessToken\n${workspaceId},B,1,2,+14155550177,${token}\n${workspaceId},,1,3,+14155550178,${token}\n`,
    );
    const out = join(dir, "results.csv");
    const imported = await run(["import", file, "--out", out]).ended;
    assert.equal(imported.code, 1, "a rejected row");
    assert.match(imported.stderr, /row 2: name/);
    assert.match(await readFile(out, "utf8"), /\n1,completed,/);

    const everything = [installed, status, list, imported]
      .map(({ stdout, stderr }) => stdout + stderr)
      .join("");
    assert.ok(!everything.includes(token));
    stack.process.kill("SIGTERM");
    const { code, stdout, stderr } = await stack.ended;
    assert.equal(code, 0, stderr);
    assert.ok(!`${stdout}${stderr}`.includes(token), "not in the log");
  });
});

test("an install's token must not come from a terminal or be missing", async () => {
  await withPerchFolder(async ({ run }) => {
    const { code, stderr } = await run(installArgs, { stdin: "" }).ended;
    assert.notEqual(code, 0);
    assert.match(stderr, /token/);
  });
});

/** Every command the docs name, such as `keys seal`. */
const namedInDocs = (): string[] => {
  const docs = ["README.md", "docs/sandbox.md", "docs/durability.md", "docs/decisions.md", ".env.example"];
  const text = docs.map((file) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")).join("\n");
  const named = text.matchAll(
    /(?:npx |`)perch ((?:keys |workspaces )?[a-z]+)|^perch ((?:keys |workspaces )?[a-z]+)/gm,
  );
  const commands = new Set([...named].map(([, one, other]) => one ?? other ?? ""));
  assert.ok(commands.size >= 10, [...commands].join(", "));
  return [...commands];
};
