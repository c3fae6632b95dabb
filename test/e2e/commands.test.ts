import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { z } from "zod";
import { createProducer } from "../../src/producer/index.ts";
import { withPerchFolder } from "../support/perch.ts";
import { installRequest } from "../support/request.ts";

const freePorts = { API_PORT: "0", WEBHOOK_PORT: "0", SANDBOX_PORT: "0", CONNECT_PORT: "0" };
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

    const batchId = /perch batch (\w{26})\n/.exec(imported.stdout)?.[1] ?? assert.fail(imported.stdout);
    const batch = await run(["batch", batchId, "--json"]).ended;
    const counts = z.object({ status: z.string(), completed: z.number(), rejected: z.number() });
    assert.deepEqual(counts.parse(JSON.parse(batch.stdout)), {
      status: "finished",
      completed: 1,
      rejected: 1,
    });
    const watched = await run(["batch", batchId, "--watch"]).ended;
    assert.deepEqual([watched.code, /1 completed, 1 rejected/.test(watched.stdout)], [1, true]);
    const retried = await run(["retry", "--batch", batchId, "--where", "code=internal", "--yes"]).ended;
    assert.deepEqual([retried.code, /nothing to start again/.test(retried.stdout)], [0, true]);
    const cancelled = await run(["cancel", "--batch", batchId, "--yes"]).ended;
    assert.equal(cancelled.code, 1);
    assert.match(cancelled.stderr, /\nThe batch is finished already\.\n$/);
    for (const wrong of [
      ["import", file, "--canary", "0"],
      ["retry", "--batch", batchId, "--where", "code=odd"],
      ["cancel", batchId, "--batch", batchId],
      ["batch", batchId, "--pause", "--resume"],
      ["batch", "", "--resume"],
      ["batch", batchId, "--rows", "--status", "odd"],
      ["batches", "--status", "failed"],
      ["cancel", ""],
      ["status", " "],
      ["list", "--batch", ""],
      ["retry", "--batch", "", "--code", "internal", "--yes"],
    ]) {
      const { code, stderr } = await run(wrong).ended;
      assert.deepEqual([code, stderr.split("\n").length], [2, 3], stderr);
    }

    const rows = await run(["batch", batchId, "--rows", "--status", "completed, rejected"]).ended;
    assert.match(rows.stdout, /^row .+\n1 +\+14155550177 +B +completed .+\n2 +\+14155550178 .+ rejected /);
    const batches = await run(["batches", "--status", "finished", "--name", "NUMBERS", "--json"]).ended;
    const listed = z
      .object({ items: z.array(z.object({ id: z.string() })) })
      .parse(JSON.parse(batches.stdout));
    assert.deepEqual(
      listed.items.map(({ id }) => id),
      [batchId],
    );

    for (const [wrong, sentence] of [
      [["batch", "--resume"], "Name the batch that is paused or resumed: perch batches lists them."],
      [
        ["batch", batchId, "--status", "failed"],
        "--status, --code, --search, --limit and --cursor choose rows: add --rows.",
      ],
      [
        ["batch", batchId, "--rows", "--out", out],
        "--rows goes with none of --watch, --out, --pause and --resume.",
      ],
    ] as const) {
      const { code, stderr } = await run(wrong).ended;
      assert.deepEqual([code, stderr], [2, `${sentence}\n`]);
    }

    const everything = [installed, status, list, imported, batch, rows, watched, retried]
      .map(({ stdout, stderr }) => stdout + stderr)
      .join("");
    assert.ok(!everything.includes(token));
    stack.process.kill("SIGTERM");
    const { code, stdout, stderr } = await stack.ended;
    assert.equal(code, 0, stderr);
    assert.ok(!`${stdout}${stderr}`.includes(token), "not in the log");
    assert.match(stderr, new RegExp(`^\\{.*"installId":"${install.id}".*"msg":"install completed"\\}$`, "m"));
  });
});

test("perch start prints a line that installs a number through its API, and people act on what it made", async () => {
  await withPerchFolder(async ({ run, dir }) => {
    const stack = run(["start"], { env: { ...freePorts, LOG_FORMAT: "text" } });
    const told = await stack.prints(/Ctrl-C/);
    const line = told.split("\n").find((text) => text.startsWith("  curl ")) ?? assert.fail(told);
    const { stdout, status } = spawnSync("sh", ["-c", `${line.trim()} --silent`], { encoding: "utf8" });
    assert.equal(status, 0);
    const { id } = z.object({ id: z.string() }).parse(JSON.parse(stdout));
    const url = /api +(http:\S+)/.exec(told)?.[1] ?? "";
    const ended = z
      .object({ status: z.string() })
      .parse(await (await fetch(`${url}/v1/installs/${id}?wait=30`)).json());
    assert.equal(ended.status, "completed");
    const log = await stack.prints(new RegExp(`install ${id} completed`));
    assert.match(log, new RegExp(`^\\d\\d:\\d\\d:\\d\\d install ${id} completed`, "m"));
    assert.doesNotMatch(log, /\p{Cc}\[|^\{/mu, "no colors off a terminal, and no JSON");

    const redisUrl = /redis +private: (unix:\S+)/.exec(told)?.[1] ?? "";
    const sealingKeys = await readFile(join(dir, ".data/sealing-keys"), "utf8");
    const library = await createProducer({ redisUrl, sealingKeys });
    assert.equal((await library.find(id))?.status, "completed");
    await library.close();

    const birdless = await run(["uninstall", id, "--yes"]).ended;
    assert.deepEqual([birdless.code, /BIRD_ACCESS_KEY is not set/.test(birdless.stderr)], [1, true]);
    const unasked = await run(["uninstall", id], { env: { BIRD_ACCESS_KEY: "x" } }).ended;
    assert.deepEqual([unasked.code, /add --yes/.test(unasked.stderr)], [2, true]);
    for (const command of ["retry", "cancel"]) {
      const refused = await run([command, id]).ended;
      assert.equal(refused.code, 1, command);
      assert.match(refused.stderr, new RegExp(`^${id}: `, "m"));
      assert.equal((await run([command, id, "01ARZ3NDEKTSV4RRFFQ69G5FAV"]).ended).code, 2, command);
    }
  });
});

test("perch api needs keys where others reach it, and takes them", async () => {
  await withPerchFolder(async ({ run }) => {
    const env = { BIRD_ACCESS_KEY: "x", API_PORT: "0", API_HOST: "0.0.0.0" };
    const open = await run(["api"], { env }).ended;
    assert.equal(open.code, 1);
    assert.match(open.stderr, /^API_KEYS is not set, so API_HOST must be this machine alone/m);
    assert.doesNotMatch(open.stderr, /\n\s+at /);
    const made = await run(["keys", "api", "--name", "crm", "--scope", "read", "--json"]).ended;
    const { key, entry } = z.object({ key: z.string(), entry: z.string() }).parse(JSON.parse(made.stdout));
    const api = run(["api"], { env: { ...env, API_KEYS: entry } });
    const port = /"url":"http:\/\/[^"]*:(\d+)"/.exec(await api.prints(/API runs/))?.[1];
    const headers = { authorization: `Bearer ${key}` };
    const ask = async (method: string, given: Record<string, string>) =>
      (await fetch(`http://127.0.0.1:${port}/v1/installs`, { method, headers: given })).status;
    assert.deepEqual(
      [await ask("GET", headers), await ask("GET", {}), await ask("POST", headers)],
      [200, 401, 403],
    );
    api.process.kill("SIGTERM");
    const { code, stderr } = await api.ended;
    assert.equal(code, 0, stderr);
    assert.ok(!stderr.includes(key), "not in the log");
    assert.match(stderr, /"key":"crm"/);
  });
});

test("an install's token must not come from a terminal or be missing", async () => {
  await withPerchFolder(async ({ run }) => {
    const { code, stderr } = await run([...installArgs, "--private"], { stdin: "" }).ended;
    assert.notEqual(code, 0);
    assert.match(stderr, /token/);
  });
});

/** Every command the docs name, such as `keys seal`. */
const namedInDocs = (): string[] => {
  const docs = [
    "README.md",
    "docs/api.md",
    "docs/sandbox.md",
    "docs/durability.md",
    "docs/decisions.md",
    "docs/operations.md",
    "docs/security.md",
    ".env.example",
  ];
  const text = docs.map((file) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")).join("\n");
  const named = text.matchAll(
    /`perch ((?:keys |workspaces )?[a-z]+(?:-[a-z]+)*)|^perch ((?:keys |workspaces )?[a-z]+)/gm,
  );
  const commands = new Set([...named].map(([, one, other]) => one ?? other ?? ""));
  assert.ok(commands.size >= 10, [...commands].join(", "));
  return [...commands];
};

test("addresses that are not encrypted are warned of in one line", () =>
  withPerchFolder(async ({ run }) => {
    const env = {
      REDIS_URL: "redis://127.0.0.1:1",
      BIRD_ACCESS_KEY: "key",
      BIRD_API_URL: "http://127.0.0.1:2",
      META_GRAPH_URL: "http://127.0.0.1:3",
      WEBHOOK_PUBLIC_URL: "http://127.0.0.1:4",
    };
    const { code, stdout, stderr } = await run(["worker"], { env }).ended;
    assert.equal(code, 1);
    const said = (stdout + stderr).split("\n").filter((line) => line.includes("is not encrypted"));
    assert.equal(said.length, 1, stdout + stderr);
    for (const name of ["BIRD_API_URL", "META_GRAPH_URL", "WEBHOOK_PUBLIC_URL"])
      assert.ok(said[0]?.includes(name), name);
  }));
