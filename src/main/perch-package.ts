import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The folder of Perch's own `package.json`. */
export const packageDir = join(import.meta.dirname, "../..");

export const readVersion = async (): Promise<string> => {
  const { version }: { readonly version: string } = JSON.parse(
    await readFile(join(packageDir, "package.json"), "utf8"),
  );
  return version;
};
