import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** What stands in every access token of a run and nowhere else. */
export const tokenMark = "EAAG-CHAOS-";

/**
 * Files of a run, with the place, where a token stands in clear: the log of its processes, and Redis's command log, which
 * holds every write as it was sent.
 */
export const findInClear = async (dataDir: string): Promise<readonly string[]> => {
  const redisFiles = await readdir(join(dataDir, "redis"), { recursive: true, withFileTypes: true });
  const files = [
    join(dataDir, "processes.log"),
    ...redisFiles.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)),
  ];
  const found = await Promise.all(files.map(findInFile));
  return found.flat();
};

const findInFile = async (file: string): Promise<readonly string[]> => {
  let [kept, at] = ["", 0];
  for await (const chunk of createReadStream(file, "latin1")) {
    const text = `${kept}${chunk}`;
    const index = text.indexOf(tokenMark);
    if (index >= 0) return [`${file} at byte ${at - kept.length + index}`];
    kept = text.slice(-tokenMark.length);
    at += String(chunk).length;
  }
  return [];
};
