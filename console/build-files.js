/** What the builds of console and connect page share. Plain JavaScript, because `prepare` may run on a Node that strips no types. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** Undefined where development packages are not installed and `--if-installed` says that is fine. */
export const loadVite = () =>
  import("vite").catch((error) => {
    if (error.code === "ERR_MODULE_NOT_FOUND" && process.argv.includes("--if-installed")) return undefined;
    throw error;
  });

/** Writes each text file of a folder compressed beside itself, so that no request pays for it. */
export const compress = async (folder) => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = entries.filter((entry) => entry.isFile() && /\.(js|css|svg|html)$/.test(entry.name));
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  await Promise.all(
    texts.map(async ({ parentPath, name }) => {
      const file = join(parentPath, name);
      const text = await readFile(file);
      await writeFile(`${file}.br`, await promisify(brotliCompress)(text, brotli));
      await writeFile(`${file}.gz`, await promisify(gzip)(text, { level: 9 }));
    }),
  );
};
