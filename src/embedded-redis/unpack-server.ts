import { execFile } from "node:child_process";
import { glob, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { createPrivateApt } from "./private-apt.ts";
import { findExecutables, isUsableServer } from "./server-programs.ts";

/**
 * Fetches a server from the machine's own Debian or Ubuntu archive and unpacks it below `serversDir`, without root.
 *
 * apt checks the signatures with the machine's keys; nothing is installed and no service is made.
 * A copy appears whole or not at all: it is unpacked aside, proven to run, then renamed.
 *
 * The caller holds the lock of `serversDir`.
 *
 * @returns the program to run
 * @throws Error when there is no apt, no network, or no package that runs here
 */
export async function unpackServer(options: {
  readonly serversDir: string;
  readonly path: string | undefined;
  readonly dpkgStatusFile?: string;
  readonly log: (message: string) => void;
}): Promise<string> {
  const { serversDir, path, dpkgStatusFile = "/var/lib/dpkg/status", log } = options;
  const [aptGet] = await findExecutables("apt-get", path);
  const [dpkgDeb] = await findExecutables("dpkg-deb", path);
  if (aptGet === undefined || dpkgDeb === undefined) throw new Error("apt-get or dpkg-deb is missing");

  log("No redis-server found: fetching one from this system's package archive, without installing it ...");
  const serverFile = unpackedServerFile(serversDir);
  const home = dirname(dirname(serverFile));
  await mkdir(home, { recursive: true, mode: 0o700 });
  await removeAbandoned(home);
  const workDir = await mkdtemp(join(home, "partial-"));
  try {
    const apt = await createPrivateApt({ aptGet, dir: join(workDir, "apt"), dpkgStatusFile });
    const copy = await unpackFirstUsable({ apt, dpkgDeb, workDir, path });
    await rm(dirname(serverFile), { recursive: true, force: true });
    await rename(copy, dirname(serverFile));
  } finally {
    await rm(workDir, { recursive: true, force: true, maxRetries: 3 });
  }
  return serverFile;
}

/** Removes the files of a starter that was killed while fetching; under the lock no other process uses them. */
async function removeAbandoned(home: string): Promise<void> {
  for await (const name of glob("partial-*", { cwd: home })) {
    await rm(join(home, name), { recursive: true, force: true, maxRetries: 3 });
  }
}

async function unpackFirstUsable(options: {
  readonly apt: { download(packageName: string): Promise<readonly string[]> };
  readonly dpkgDeb: string;
  readonly workDir: string;
  readonly path: string | undefined;
}): Promise<string> {
  const { apt, dpkgDeb, workDir, path } = options;
  const failures: unknown[] = [];
  for (const program of ["redis-server", "valkey-server"]) {
    try {
      const copy = join(workDir, program);
      await mkdir(copy);
      for (const file of await apt.download(program)) await promisify(execFile)(dpkgDeb, ["-x", file, copy]);
      if (await isUsableServer(await writeStartScript(copy, program), path)) return copy;
      failures.push(new Error(`the archive's ${program} does not run here or is older than 6.2`));
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, "no package of the archive gave a server that runs");
}

/** Makes the copy runnable from any place: one script that uses the libraries beside it. */
async function writeStartScript(copy: string, program: string): Promise<string> {
  const libraryDirs = await Array.fromAsync(glob("{usr/lib,lib}/*-linux-*", { cwd: copy }));
  const libraryPath = libraryDirs.map((dir) => `$here/${dir}`).join(":");
  const file = join(copy, "redis-server");
  const script = `#!/bin/sh\nhere=\${0%/*}\nLD_LIBRARY_PATH="${libraryPath}" exec "$here/usr/bin/${program}" "$@"\n`;
  await writeFile(file, script, { mode: 0o755 });
  return file;
}

/** Names the program of the unpacked copy: a script that sets the library path and becomes the server. */
export function unpackedServerFile(serversDir: string): string {
  return join(serversDir, "redis-bin", `${process.platform}-${process.arch}`, "redis-server");
}
