/**
 * Builds the package of the library: `node packages/producer/build.ts [FOLDER]`, default `packages/producer/dist`.
 * BullMQ, ioredis and the rest are bundled, because installed they are 30 MB, most of it data, time zones and languages that
 * the library does not load. Zod stays a dependency, which the types name, and OpenTelemetry's API, which the
 * program shares.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const target = resolve(process.argv[2] ?? join(import.meta.dirname, "dist"));

const manifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
});

const readManifest = async (folder: string) =>
  manifestSchema.parse(JSON.parse(await readFile(join(folder, "package.json"), "utf8")));

/** Loaded by none of what the library calls: native speed-ups and other clients of BullMQ. */
const never = ["msgpackr-extract", "pg", "redis", "@valkey/valkey-glide"];

/** CommonJS inside the bundle asks for Node's own modules. */
const banner =
  'import { createRequire as perchRequire } from "node:module"; const require = perchRequire(import.meta.url);';

const bundle = async (dependencies: readonly string[]): Promise<readonly string[]> => {
  const metafile = join(target, "inputs.json");
  await run(
    join(root, "node_modules/.bin/esbuild"),
    [
      join(root, "src/producer/index.ts"),
      ...["--bundle", "--platform=node", "--format=esm", "--target=node22", "--keep-names"],
      ...[...dependencies, ...never].map((name) => `--external:${name}`),
      ...[`--banner:js=${banner}`, `--outfile=${join(target, "index.js")}`, `--metafile=${metafile}`],
    ],
    { cwd: root },
  );
  const { inputs } = z
    .object({ inputs: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(await readFile(metafile, "utf8")));
  await rm(metafile);
  return Object.keys(inputs);
};

/** Declarations, and only those that the library's reach. */
const declare = async (): Promise<void> => {
  const all = join(target, "declarations");
  await run(process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    ...["-p", join(root, "tsconfig.build.json"), "--emitDeclarationOnly", "--outDir", all],
  ]);
  const copied = new Set<string>();
  const copy = async (file: string): Promise<void> => {
    if (copied.has(file)) return;
    copied.add(file);
    const text = await readFile(file, "utf8");
    const to = join(target, "types", relative(all, file));
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, text);
    const named = text.matchAll(/(?:from |import\()"(\.[^"]+)\.(?:ts|js)"/g);
    for (const [, path = ""] of named) await copy(join(dirname(file), `${path}.d.ts`));
  };
  await copy(join(all, "producer/index.d.ts"));
  await rm(all, { recursive: true });
};

/** What is bundled keeps its licence. */
const writeLicences = async (inputs: readonly string[]): Promise<void> => {
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  const texts = [...new Set(folders.filter((folder) => folder !== undefined))]
    .toSorted()
    .map(async (folder) => {
      const { name, version, license = "see its package" } = await readManifest(join(root, folder));
      const files = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "license.md", "LICENCE"];
      const read = await Promise.all(
        files.map((file) => readFile(join(root, folder, file), "utf8").catch(() => undefined)),
      );
      return `${name} ${version} (${license})\n\n${read.find((text) => text !== undefined) ?? ""}`;
    });
  const separator = `\n${"-".repeat(80)}\n\n`;
  await writeFile(join(target, "LICENSES.txt"), (await Promise.all(texts)).join(separator));
};

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
for (const file of ["package.json", "README.md"])
  await copyFile(join(import.meta.dirname, file), join(target, file));
const { dependencies } = await readManifest(import.meta.dirname);
const inputs = await bundle(Object.keys(dependencies));
await writeLicences(inputs);
await declare();
