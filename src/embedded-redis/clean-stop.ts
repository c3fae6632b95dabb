import { hash } from "node:crypto";
import { readdir, readFile, rm, stat, statfs, writeFile } from "node:fs/promises";
import { uptime, userInfo } from "node:os";
import { join, relative } from "node:path";
import { z } from "zod";
import { isPrivateFolder, makePrivateFolder } from "./private-folder.ts";
import type { ServerLayout } from "./server-layout.ts";

const recordSchema = z.strictObject({
  /** Redis's name for the server process that stopped. */
  runId: z.string(),
  /** The data files it left, by what no program can set: a copy has another inode and another time of change. */
  files: z.array(z.string()),
  wallMs: z.number(),
  /** How long the machine had been up. */
  uptimeMs: z.number(),
});

type CleanStopRecord = z.infer<typeof recordSchema>;

/** TMPFS_MAGIC of statfs(2). */
const tmpfsType = 0x01021994;

/** Wall time may have run so far apart from the machine's uptime; more, and the machine's memory may be an old one. */
const clocksApartMaxMs = 5000;

/**
 * Records which data files a server left at its clean end: the proof, for the next start, that nothing was restored
 * in between.
 *
 * The record is in memory (tmpfs), apart from the data, so that no copy of the data folder, no image of a disk and
 * no rollback of a file system has it. A reboot ends it: a machine set back to an image looks the same. Without a
 * tmpfs there is no record and no proof, which costs a wait and no more.
 */
export async function recordCleanStop(layout: ServerLayout, runId: string): Promise<void> {
  const folder = await cleanStopFolder(layout.dir);
  if (folder === undefined) return;
  const record = { runId, files: await dataFiles(layout), ...clocks() } satisfies CleanStopRecord;
  await makePrivateFolder(folder);
  await writeFile(recordFile(folder), JSON.stringify(record), { mode: 0o600 });
}

/**
 * Takes the record of the last clean stop; each counts once. The caller holds the start lock, and no server runs.
 *
 * @returns the `run_id` of the server that left exactly the files that are here now; undefined without proof
 */
export async function takeCleanStop(layout: ServerLayout): Promise<string | undefined> {
  const folder = await cleanStopFolder(layout.dir);
  if (folder === undefined || !(await isPrivateFolder(folder))) return undefined;
  const text = await readFile(recordFile(folder), "utf8").catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
  if (text === undefined) return undefined;
  const { runId, files, wallMs, uptimeMs } = recordSchema.parse(JSON.parse(text));
  const now = clocks();
  const apartMs = Math.abs(now.wallMs - wallMs - (now.uptimeMs - uptimeMs));
  const areSame = JSON.stringify(files) === JSON.stringify(await dataFiles(layout));
  return areSame && files.length > 0 && apartMs <= clocksApartMaxMs ? runId : undefined;
}

const clocks = (): Pick<CleanStopRecord, "wallMs" | "uptimeMs"> => ({
  wallMs: Date.now(),
  uptimeMs: uptime() * 1000,
});

const recordFile = (folder: string): string => join(folder, "clean-stop.json");

/** Where the record of a server's folder (absolute, free of symbolic links) is kept; undefined without a tmpfs. */
export async function cleanStopFolder(dir: string): Promise<string | undefined> {
  const memory = "/dev/shm";
  const type = await statfs(memory).then(
    (found) => found.type,
    () => undefined,
  );
  if (type !== tmpfsType) return undefined;
  const digest = hash("sha256", dir, "hex").slice(0, 16);
  return join(memory, `perch-${userInfo().uid}-${digest}`);
}

/** Every file in the server's folder, but those that every start changes. */
async function dataFiles({ dir, lockFile, lifelineFile, logFile, pidFile, socketPath }: ServerLayout) {
  const others = new Set([lockFile, `${lockFile}-journal`, lifelineFile, logFile, pidFile, socketPath]);
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !others.has(path))
    .sort();
  return Promise.all(
    paths.map(async (path) => {
      const { dev, ino, size, ctimeNs } = await stat(path, { bigint: true });
      return [relative(dir, path), dev, ino, size, ctimeNs].join(" ");
    }),
  );
}
