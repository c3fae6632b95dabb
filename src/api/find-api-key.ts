import { timingSafeEqual } from "node:crypto";
import { type ApiKey, hashApiKey } from "./api-keys.ts";

/**
 * The entry a presented key belongs to. Compares digests in constant time and always all of them, so the time
 * it takes tells nothing about any key.
 */
export const findApiKey = (keys: readonly ApiKey[], presented: string): ApiKey | undefined => {
  const hash = hashApiKey(presented);
  return keys.filter((key) => timingSafeEqual(key.hash, hash)).at(0);
};
