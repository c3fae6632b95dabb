import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Searched after PATH, which a service or an editor often cuts short. */
const wellKnownDirs = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"] as const;

/**
 * Lists the executables of a name in the order they are to be tried: PATH first, then the usual places.
 *
 * Relative entries of PATH are passed over, so that no file of the current folder is ever run.
 */
export async function findExecutables(
  name: string,
  path: string | undefined,
  dirsAfterPath: readonly string[] = wellKnownDirs,
): Promise<readonly string[]> {
  const onPath = (path ?? "").split(delimiter).filter((dir) => dir.startsWith("/"));
  const files = [...new Set([...onPath, ...dirsAfterPath])].map((dir) => join(dir, name));
  const checked = await Promise.all(files.map(async (file) => ((await isExecutable(file)) ? [file] : [])));
  return checked.flat();
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
