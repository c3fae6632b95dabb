import { randomBytes, timingSafeEqual } from "node:crypto";
import type { KeptDigest, KeptDigests } from "../secrets/kept-digests.ts";

/** 144 bits, as base64url. */
const randomByteCount = 18;
const randomLength = 24;
/** 96 bits: a made-up link passes once in 2^96 tries, and then only costs Redis a command. */
const macLength = 16;

const secretPattern = new RegExp(`^[A-Za-z0-9_-]{${randomLength + macLength}}$`);

/** Secrets of connect links: random, with a MAC of their link's id that is checked without Redis. */
export interface LinkSecrets {
  /** A new secret, and what Redis keeps of it. */
  make(linkId: string): { readonly secret: string; readonly digest: string };
  /** What Redis keeps of a secret; undefined when this fleet cannot have made the secret for this link. */
  digestOf(linkId: string, secret: string): string | undefined;
}

/** After a rotation, links made under an older sealing key work while that key is listed. */
export const createLinkSecrets = ({ first, older }: KeptDigests): LinkSecrets => {
  const all = [first, ...older];
  return {
    make: (linkId) => {
      const random = randomBytes(randomByteCount).toString("base64url");
      return { secret: random + macOf(first, linkId, random), digest: keptOf(first, linkId, random) };
    },
    digestOf: (linkId, secret) => {
      if (!secretPattern.test(secret)) return undefined;
      const [random, mac] = [secret.slice(0, randomLength), Buffer.from(secret.slice(randomLength))];
      const maker = all.find((digest) => timingSafeEqual(Buffer.from(macOf(digest, linkId, random)), mac));
      return maker === undefined ? undefined : keptOf(maker, linkId, random);
    },
  };
};

const macOf = (digest: KeptDigest, linkId: string, random: string): string =>
  digest.of("connect-link-mac", linkId, random).slice(0, macLength);

const keptOf = (digest: KeptDigest, linkId: string, random: string): string =>
  digest.of("connect-link-secret", linkId, random);
