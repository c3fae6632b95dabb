import { join } from "node:path";

/** Names the program of the unpacked copy: a script that sets the library path and becomes the server. */
export function unpackedServerFile(serversDir: string): string {
  return join(serversDir, "redis-bin", `${process.platform}-${process.arch}`, "redis-server");
}
