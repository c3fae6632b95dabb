import { join } from "node:path";
import { readTrustedFile } from "../../files/trusted-file.ts";
import type { SealingKey } from "../../queue/seal.ts";
import { parseSealingKeys } from "../../queue/sealing-keys.ts";
import type { DoctorContext } from "./doctor-context.ts";

/** Where the sealing keys are, and the keys; `none` before a private Redis's first start makes one. */
export type SealingKeysFound =
  | { readonly kind: "found"; readonly keys: readonly SealingKey[]; readonly where: string }
  | { readonly kind: "wrong"; readonly where: string }
  /** Others may have written the file; `fault` follows its name. */
  | { readonly kind: "distrusted"; readonly where: string; readonly fault: string }
  | { readonly kind: "none"; readonly isNeeded: boolean };

/** Reads the sealing keys as the roles do (`open-sealing-keys.ts`), and makes none. */
export const readSealingKeys = async ({
  config,
  problems,
  dataDir,
}: Pick<DoctorContext, "config" | "problems" | "dataDir">): Promise<SealingKeysFound> => {
  const { SEALING_KEYS, REDIS_URL } = config;
  if (problems.some(({ name }) => name === "SEALING_KEYS")) return { kind: "wrong", where: "SEALING_KEYS" };
  if (SEALING_KEYS !== undefined) return found(SEALING_KEYS, "SEALING_KEYS");
  if (REDIS_URL !== undefined) return { kind: "none", isNeeded: true };
  const read = readTrustedFile(join(dataDir, "sealing-keys"), { isSecret: true });
  if (read === undefined) return { kind: "none", isNeeded: false };
  const where = ".data/sealing-keys";
  return "fault" in read ? { kind: "distrusted", where, fault: read.fault } : found(read.text.trim(), where);
};

const found = (text: string, where: string): SealingKeysFound => {
  const keys = parseSealingKeys(text);
  return keys === undefined ? { kind: "wrong", where } : { kind: "found", keys, where };
};
