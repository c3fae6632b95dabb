import { hash } from "node:crypto";
import { readdir, readFile, rm, stat, statfs, writeFile } from "node:fs/promises";
import { uptime, userInfo } from "node:os";
import { join, relative } from "node:path";
import { z } from "zod";
import { isPrivateFolder, makePrivateFolder, type ServerLayout } from "./server-layout.ts";

const recordSchema = z.strictObject({
  /** `run_id` of the server process that stopped. */
  runId: z.string(),
  /** The data files it left, by inode and change time, which no program can set: a copy has others. */
  files: z.array(z.string()),
  wallMs: z.number(),
  /** How long the machine had been up. */
  uptimeMs: z.number(),
});

type CleanStopRecord = z.infer<typeof recordSchema>;

/** TMPFS_MAGIC of statfs(2). */
const tmpfsType = 0x01021994;

/** Allowed drift between wall time and uptime; more may mean that the machine's memory was restored. */
const clocksApartMaxMs = 5000;

/**
 * Records which data files a server left at its clean end. The next start takes it as proof that nothing was restored in
 * between.
 *
 * The record is in memory (tmpfs), apart from the data, so that no copy of the data folder, disk image or file system
 * rollback contains it. A reboot ends it, because a machine reset to an image looks the same. Without a tmpfs there is no
 * record and no proof, which only costs a wait.
 */
export async function recordCleanStop(layout: ServerLayout, runId: string): Promise<void> {
  const folder = await cleanStopFolder(layout.dir);
  if (folder === undefined) return;
  const record = { runId, files: await dataFiles(layout), ...clocks() } satisfies CleanStopRecord;
  await makePrivateFolder(folder);
  await writeFile(recordFile(folder), JSON.stringify(record), { mode: 0o600 });
}

/**
 * Takes the record of the last clean stop; each is used once. The caller holds the start lock, and no server runs.
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

/** The path of the record for a server's folder (absolute, free of symbolic links); undefined without a tmpfs. */
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

/** The files in the server's folder, except those that every start changes. */
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
