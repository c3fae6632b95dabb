import { createHash } from "node:crypto";
import { userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { makePrivateFolder } from "./private-folder.ts";

/** macOS allows 104 bytes with the closing zero, Linux 108 (`sun_path` in unix(4) and unix(7)). */
const maxSocketPathBytes = 103;

/**
 * Chooses where the server of a data directory listens: the same answer for every process of this user.
 *
 * A path too long for a socket, or with characters that a URL would escape, gives way to a private folder
 * in `/tmp`: not `TMPDIR`, which differs between a shell and a service of the same user.
 *
 * @param redisDir the server's directory, absolute and free of symbolic links
 * @throws Error when the folder in `/tmp` exists and belongs to somebody else
 */
export async function chooseSocketPath(redisDir: string): Promise<string> {
  const usual = join(redisDir, "redis.sock");
  if (Buffer.byteLength(usual) <= maxSocketPathBytes && pathToFileURL(usual).pathname === usual) return usual;
  const digest = createHash("sha256").update(redisDir).digest("hex").slice(0, 16);
  const folder = join("/tmp", `perch-${userInfo().uid}-${digest}`);
  await makePrivateFolder(folder);
  return join(folder, "redis.sock");
}
