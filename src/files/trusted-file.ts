import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";

interface Owned {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

const writableByGroup = 0o020;
const writableByOthers = 0o002;
const openToOthers = 0o077;
const sticky = 0o1000;

/** This process's user id; undefined on systems without one. */
const userId = process.geteuid?.();

/** Far more than settings need. */
const bytesMax = 1024 * 1024;

/** A file's text, or why it is not trusted: words that follow its name, such as "belongs to another user". */
type TrustedText = { readonly text: string } | { readonly fault: string };

/**
 * Reads a file that only this user or root can have written: it is theirs, others can neither write it nor put
 * another in its place, and the same holds for the link that leads to it.
 *
 * @param isSecret Others may not read it either, as `ssh` demands of its keys.
 * @returns undefined when there is none.
 */
export const readTrustedFile = (
  path: string,
  { isSecret = false }: { readonly isSecret?: boolean } = {},
): TrustedText | undefined => {
  let file: number | undefined;
  try {
    // Non-blocking, because opening a pipe without a writer would wait; pipes are refused below.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    if (!stats.isFile()) return { fault: "is no regular file" };
    if (stats.size > bytesMax) return { fault: `has more than ${bytesMax} bytes` };
    const fault = faultOfOwner(lstatSync(path)) ?? faultOf(stats, { isSecret }) ?? faultOfFolders(path);
    return fault === undefined ? { text: readFileSync(file, "utf8") } : { fault };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ENOENT" ? undefined : { fault: `cannot be read (${String(code ?? "unknown error")})` };
  } finally {
    if (file !== undefined) closeSync(file);
  }
};

/**
 * Why another user could change a folder: another user owns it, or can write in it. Undefined when none can, or when there
 * is no folder.
 *
 * @param isSecret Others may not read it either: neither an archive nor git makes such a folder.
 */
export const faultOfFolder = (
  path: string,
  { isSecret = false }: { readonly isSecret?: boolean } = {},
): string | undefined => {
  const link = lstatSync(path, { throwIfNoEntry: false });
  const folder = statSync(path, { throwIfNoEntry: false });
  if (link === undefined || folder === undefined) return undefined;
  return faultOfOwner(link) ?? faultOf(folder, { isSecret });
};

const faultOfOwner = ({ uid }: Owned): string | undefined =>
  userId === undefined || uid === userId || uid === 0 ? undefined : "belongs to another user";

const faultOf = (stats: Owned, { isSecret }: { readonly isSecret: boolean }): string | undefined => {
  if (userId === undefined) return undefined;
  const owner = faultOfOwner(stats);
  if (owner !== undefined) return owner;
  if ((stats.mode & (writableByGroup | writableByOthers)) !== 0)
    return "can be written by others (chmod go-w)";
  if (isSecret && (stats.mode & openToOthers) !== 0) return "can be read by others (chmod go-rwx)";
  return undefined;
};

/** A user who can write in its folder can replace the file, unless the folder is sticky (`/tmp`). */
const faultOfFolders = (path: string): string | undefined => {
  const folders = new Set([dirname(resolve(path)), dirname(realpathSync(path))]);
  for (const folder of folders) {
    const stats = statSync(folder);
    if (isFolderKept(stats)) continue;
    return `is in ${folder}, which belongs to another user or can be written by others`;
  }
  return undefined;
};

const isFolderKept = (stats: Owned): boolean => {
  if (userId === undefined) return true;
  if (stats.uid !== userId && stats.uid !== 0) return false;
  if ((stats.mode & sticky) !== 0) return true;
  // On systems with a private group for each user, folders are writable for that group, which is the same user.
  const isOwnGroup = stats.gid === stats.uid;
  return (stats.mode & writableByOthers) === 0 && ((stats.mode & writableByGroup) === 0 || isOwnGroup);
};
