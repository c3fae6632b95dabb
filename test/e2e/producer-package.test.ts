import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { withPrivateRedis } from "../integration/private-redis.ts";
import { withStack } from "../support/stack.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const manifestSchema = z.object({ private: z.literal(true), dependencies: z.record(z.string(), z.string()) });

const bytesIn = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

test("the library's package enqueues with only what it declares, and is small", async () => {
  const project = await mkdtemp(join(tmpdir(), "perch-producer-"));
  try {
    const installed = join(project, "node_modules/perch-producer");
    await run(process.execPath, [join(root, "packages/producer/build.ts"), installed]);
    const { dependencies } = manifestSchema.parse(
      JSON.parse(await readFile(join(installed, "package.json"), "utf8")),
    );
    const folders = Object.keys(dependencies).map((name) => join(root, "node_modules", name));
    for (const name of Object.keys(dependencies)) {
      await mkdir(dirname(join(project, "node_modules", name)), { recursive: true });
      await symlink(join(root, "node_modules", name), join(project, "node_modules", name));
    }
    const sizes = await Promise.all([installed, ...folders].map(bytesIn));
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
  } finally {
    await rm(project, { recursive: true, force: true });
  }
});
