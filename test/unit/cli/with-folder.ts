import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Lends an empty folder and removes it afterwards. */
export const withFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "perch-test-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};
