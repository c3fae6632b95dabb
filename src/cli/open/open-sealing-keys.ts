import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, ConfigError, type SealingKeys } from "../../config/config.ts";
import { isSandboxed } from "../../config/weak-secrets.ts";
import { readTrustedFile } from "../../files/trusted-file.ts";
import { weakSealingKeys } from "../../queue/secrets/guessable.ts";
import { generateSealingKey, parseSealingKeys } from "../../queue/secrets/seal.ts";

/**
 * The sealing keys: `SEALING_KEYS`, or beside a private Redis a key kept with it, made on first use. With a
 * Redis of your own a made-up key would be lost with this machine, and every sealed token with it.
 *
 * @throws {ConfigError}
 */
export const openSealingKeys = async (
  config: Config,
  redis: { readonly isEmbedded: boolean; readonly dataDir: string },
): Promise<SealingKeys> => {
  if (config.SEALING_KEYS !== undefined) return config.SEALING_KEYS;
  if (!redis.isEmbedded) throw new ConfigError(["SEALING_KEYS is not set: make one with perch keys seal"]);
  const file = join(redis.dataDir, "sealing-keys");
  await mkdir(redis.dataDir, { recursive: true, mode: 0o700 });
  // Of several starters at once the first writes, and all read what it wrote.
  await writeFile(file, `${generateSealingKey()}\n`, { flag: "wx", mode: 0o600 }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  });
  const read = readTrustedFile(file, { isSecret: true }) ?? { text: "" };
  if ("fault" in read)
    throw new ConfigError([
      `SEALING_KEYS is not set and ${file} ${read.fault}: mend that if the key is yours, or set SEALING_KEYS`,
    ]);
  const text = read.text.trim();
  const keys = parseSealingKeys(text);
  if (keys === undefined)
    throw new ConfigError([
      `SEALING_KEYS is not set and ${file} holds no key: restore it or set SEALING_KEYS`,
    ]);
  const weaknesses = weakSealingKeys(keys, { allowsGuessable: isSandboxed(config) });
  if (weaknesses.length > 0)
    throw new ConfigError(weaknesses.map((weakness) => `SEALING_KEYS is not set and ${file} ${weakness}`));
  return { text, keys };
};
