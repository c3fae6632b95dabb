import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { withPrivateRedis } from "../integration/private-redis.ts";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

const packedSchema = z.array(
  z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }),
);
const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()) });

/** An empty project with the packed library and, beside it, exactly the dependencies it declares. */
const withPackage = async (
  use: (project: string, files: readonly string[]) => Promise<void>,
): Promise<void> => {
  const project = await mkdtemp(join(tmpdir(), "perch-package-"));
  try {
    // A copy, because packing builds into dist/.
    const copy = join(project, "copy");
    await mkdir(copy);
    for (const name of await readdir(root)) {
      if (name.startsWith(".") || name === "node_modules" || name === "dist") continue;
      await cp(join(root, name), join(copy, name), { recursive: true });
    }
    await cp(join(root, ".env.example"), join(copy, ".env.example"));
    await symlink(join(root, "node_modules"), join(copy, "node_modules"));
    const { stdout } = await run("npm", ["pack", "--json", "--silent"], { cwd: copy });
    const [packed] = packedSchema.parse(JSON.parse(stdout));
    assert.ok(packed);
    const installed = join(project, "node_modules", "perch");
    await mkdir(installed, { recursive: true });
    await run("tar", ["-xzf", join(copy, packed.filename), "--strip-components=1", "-C", installed]);
    const { dependencies } = manifestSchema.parse(
      JSON.parse(await readFile(join(installed, "package.json"), "utf8")),
    );
    for (const name of Object.keys(dependencies)) {
      await mkdir(dirname(join(project, "node_modules", name)), { recursive: true });
      await symlink(join(root, "node_modules", name), join(project, "node_modules", name));
    }
    await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
    await use(
      project,
      packed.files.map(({ path }) => path),
    );
  } finally {
    await rm(project, { recursive: true, force: true });
  }
};

test("the packed library enqueues from a plain project, and has types", () =>
  withPackage(async (project, files) => {
    assert.deepEqual(
      files.filter((path) => path.startsWith("src/") || path.startsWith("test/")),
      [],
    );
    assert.ok(files.includes("dist/producer/index.d.ts"));
    await checkSyntax(join(project, "node_modules/perch/dist/producer/index.js"));
    const example = await readFile(join(root, "examples/enqueue.mjs"), "utf8");
    await writeFile(join(project, "enqueue.mjs"), example.replace('"perch-producer"', '"perch/producer"'));
    await withPrivateRedis(({ url }) => enqueueFrom(project, url));
    await checkTypes(project);
  }));

/** Runs the example in the project against a stack of its own. */
const enqueueFrom = (project: string, privateUrl: string): Promise<void> =>
  withStack({ redisUrl: privateUrl, prefix: "{perch}" }, async ({ redisUrl, sealingKeyText, producer }) => {
    const secrets = { SEALING_KEYS: sealingKeyText, ACCESS_TOKEN: "EAAG" };
    const env = { PATH: process.env.PATH, REDIS_URL: redisUrl, ...secrets };
    const { stdout } = await run(process.execPath, ["enqueue.mjs"], { cwd: project, env });
    assert.match(stdout, /^enqueued: 01[0-9A-Z]{24}\nchannel [0-9a-f-]{36}\n$/);
    const [, id] = /enqueued: (\S+)/.exec(stdout) ?? [];
    assert.equal((await producer.installs.find(id ?? ""))?.phoneNumber, "+14155550123");
  });

/** The command needs Node 24, the library 22: neither it nor anything it imports may use what came in between. */
const checkSyntax = async (file: string, seen: Set<string> = new Set()): Promise<void> => {
  if (seen.has(file)) return;
  seen.add(file);
  const text = await readFile(file, "utf8");
  assert.doesNotMatch(text, /await using|DisposableStack|RegExp\.escape|Error\.isError/, file);
  for (const [, path = ""] of text.matchAll(/from "(\.[^"]+)"/g))
    await checkSyntax(join(dirname(file), path), seen);
};

const checkTypes = async (project: string): Promise<void> => {
  const typed = `
    import { createProducer, type Install } from "perch/producer";
    const producer = await createProducer({ redisUrl: "redis://127.0.0.1", sealingKeys: "k" });
    const { install } = await producer.enqueue(${JSON.stringify(installRequest())}, { idempotencyKey: "k" });
    const ended: Install = await producer.waitFor(install.id);
    // @ts-expect-error a token is never handed back
    ended.accessToken;
  `;
  await writeFile(join(project, "typed.mts"), typed);
  const compilerOptions = {
    noEmit: true,
    strict: true,
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "esnext.disposable", "dom"],
    types: [],
    skipLibCheck: false,
  };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["typed.mts"] }));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [compiler], { cwd: project }).catch((error: { stdout?: string }) =>
    assert.fail(error.stdout),
  );
};
