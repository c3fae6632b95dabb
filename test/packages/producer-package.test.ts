import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { after, before } from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { withPrivateRedis } from "../integration/private-redis.ts";
import { withStack } from "../support/stack.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const manifestSchema = z.object({ private: z.literal(true), dependencies: z.record(z.string(), z.string()) });

/** A project with the built package and what it declares, and nothing else. */
let project = "";
let folders: readonly string[] = [];

before(async () => {
  project = await mkdtemp(join(tmpdir(), "perch-producer-"));
  const consumer = join(import.meta.dirname, "consumer");
  for (const name of await readdir(consumer)) await cp(join(consumer, name), join(project, name));
  await cp(join(root, ".npmrc"), join(project, ".npmrc"));
  await run("npm", ["ci"], { cwd: project });
  const installed = join(project, "node_modules/perch-producer");
  await run(process.execPath, [join(root, "packages/producer/build.ts"), installed]);
  const { dependencies } = manifestSchema.parse(
    JSON.parse(await readFile(join(installed, "package.json"), "utf8")),
  );
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(project, "node_modules", name)), { recursive: true });
    await symlink(join(root, "node_modules", name), join(project, "node_modules", name));
  }
  folders = [installed, ...Object.keys(dependencies).map((name) => join(root, "node_modules", name))];
});

after(() => rm(project, { recursive: true, force: true }));

const bytesIn = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

test("the library's package enqueues with only what it declares, and is small", async () => {
  const sizes = await Promise.all(folders.map(bytesIn));
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 15_000_000, `it is ${sizes.join(" + ")} bytes`);
  const example = await readFile(join(root, "examples/enqueue.mjs"), "utf8");
  await writeFile(join(project, "enqueue.mjs"), example);
  await withPrivateRedis(({ url }) =>
    withStack({ redisUrl: url, prefix: "{perch}" }, async ({ sealingKeyText }) => {
      const secrets = { SEALING_KEYS: sealingKeyText, ACCESS_TOKEN: "EAAG" };
      const env = { PATH: process.env.PATH, REDIS_URL: url, ...secrets };
      const { stdout } = await run(process.execPath, ["enqueue.mjs"], { cwd: project, env });
      assert.match(stdout, /^enqueued: 01[0-9A-Z]{24}\nchannel [0-9a-f-]{36}\n$/);
    }),
  );
});

const strictest = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
/** AbortSignal is declared by Node's types and by the browser's alike. */
const [node, dom] = [
  { types: ["node"], lib: ["es2022"] },
  { types: [], lib: ["es2022", "dom", "dom.asynciterable"] },
];
const settings = [
  { module: "node16", moduleResolution: "node16", ...node },
  { module: "nodenext", moduleResolution: "nodenext", ...node },
  { module: "esnext", moduleResolution: "bundler", ...dom },
];

/** What the README's example leaves to its reader. */
const given = ["redisUrl", "sealingKeys", "workspaceId", "wabaId", "phoneId", "accessToken"]
  .map((name) => `declare const ${name}: string;`)
  .join("\n");

test("the example of the package's README compiles", async () => {
  const readme = await readFile(join(project, "node_modules/perch-producer/README.md"), "utf8");
  const [, example = assert.fail("an example")] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  await writeFile(join(project, "readme.mts"), `${given}\n${example}`);
  const compilerOptions = {
    ...strictest,
    module: "nodenext",
    moduleResolution: "nodenext",
    ...node,
    target: "es2024",
  };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["readme.mts"] }));
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project]);
});

for (const version of ["5.5", "5.9", "6.0", "7.0"])
  test(`bug: a program's types needed BullMQ's and ioredis's: TypeScript ${version}, its declarations checked too`, async () => {
    for (const compilerOptions of settings) {
      const config = { compilerOptions: { ...strictest, ...compilerOptions, target: "es2022" } };
      await writeFile(join(project, "tsconfig.json"), JSON.stringify({ ...config, files: ["program.mts"] }));
      const compiler = join(project, `node_modules/typescript-${version}/bin/tsc`);
      const { stdout } = await run(process.execPath, [compiler, "--listFiles"], { cwd: project }).catch(
        (error: { stdout?: string }) => assert.fail(`${JSON.stringify(compilerOptions)}\n${error.stdout}`),
      );
      assert.match(stdout, /perch-producer\/types\/producer\/facade\.d\.ts/);
    }
  });
