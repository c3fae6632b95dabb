import { randomBytes } from "node:crypto";
import type { SealingKey } from "./seal.ts";

const keyBytes = 32;

/** A new sealing key in the form of `SEALING_KEYS`: `kid:base64url`. The kid is the day it was made. */
export const generateSealingKey = (now: Date = new Date()): string => {
  const day = now.toISOString().slice(0, 10).replaceAll("-", "");
  return `k${day}-${randomBytes(3).toString("hex")}:${randomBytes(keyBytes).toString("base64url")}`;
};

/**
 * Reads `kid:base64url-32-bytes,…`.
 *
 * @returns the keys in order, or undefined when any part is malformed or a kid repeats.
 */
export const parseSealingKeys = (text: string): readonly SealingKey[] | undefined => {
  const keys = text.split(",").map((part) => parseSealingKey(part.trim()));
  const valid = keys.filter((key) => key !== undefined);
  const kids = new Set(valid.map((key) => key.kid));
  return valid.length === keys.length && kids.size === keys.length ? valid : undefined;
};

const parseSealingKey = (text: string): SealingKey | undefined => {
  const match = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]{43})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const bytes = Buffer.from(match[2], "base64url");
  return bytes.length === keyBytes ? { kid: match[1], bytes } : undefined;
};
