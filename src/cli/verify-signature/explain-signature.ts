import { signWebhook } from "../../bird/signature.ts";
import { bodyVariants } from "./body-variants.ts";
import { type KnownKeys, keyVariants } from "./key-variants.ts";
import { readSignature } from "./read-signature.ts";
import { timestampVariants } from "./timestamp-variants.ts";
import { urlVariants } from "./url-variants.ts";
import type { Difference, Variant } from "./variant.ts";

interface SignatureQuestion {
  readonly url: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly body: Buffer;
  readonly keys: KnownKeys;
  /** `WEBHOOK_PUBLIC_URL`. */
  readonly publicUrl: string | undefined;
}

export type Explanation =
  /** It is valid; the key it was made with. */
  | { readonly kind: "matches"; readonly key: string }
  /** It was made over something else: one or two parts differ. */
  | { readonly kind: "differs"; readonly differences: readonly Difference[] }
  /** No variant gives this signature. */
  | { readonly kind: "unknown" }
  /** It is not a signature in any encoding. */
  | { readonly kind: "unreadable" };

/** How many parts may differ at once; three would find coincidences rather than mistakes. */
const differencesMax = 2;

/** Finds what a signature was made over, by signing the given parts and the variants they are confused with. */
export const explainSignature = (question: SignatureQuestion): Explanation => {
  const { url, timestamp, signature, body, keys, publicUrl } = question;
  const reading = readSignature(signature);
  if (reading === undefined) return { kind: "unreadable" };
  const wanted = reading.value.toString("base64");
  const own = differencesOf(reading);
  const parts = {
    keys: keyVariants(keys),
    urls: urlVariants(url, publicUrl),
    timestamps: timestampVariants(timestamp),
    bodies: bodyVariants(body),
  };
  for (let count = 0; count <= differencesMax - own.length; count += 1) {
    for (const { key, differences, ...rest } of candidates(parts, count)) {
      if (signWebhook(rest, key) !== wanted) continue;
      const all = [...differences, ...own];
      return all.length > 0
        ? { kind: "differs", differences: all }
        : { kind: "matches", key: keys.accepted.find((accepted) => accepted.key === key)?.name ?? "a key" };
    }
  }
  return { kind: "unknown" };
};

interface Candidate {
  readonly key: string;
  readonly url: string;
  readonly timestamp: string;
  readonly body: Buffer;
  readonly differences: readonly Difference[];
}

/** All candidates that differ in exactly `count` parts. */
function* candidates(
  parts: {
    readonly keys: readonly Variant<string>[];
    readonly urls: readonly Variant<string>[];
    readonly timestamps: readonly Variant<string>[];
    readonly bodies: readonly Variant<Buffer>[];
  },
  count: number,
): Generator<Candidate> {
  for (const key of parts.keys)
    for (const url of parts.urls)
      for (const timestamp of parts.timestamps)
        for (const body of parts.bodies) {
          const differences = [key, url, timestamp, body].flatMap(differencesOf);
          if (differences.length !== count) continue;
          yield {
            key: key.value,
            url: url.value,
            timestamp: timestamp.value,
            body: body.value,
            differences,
          };
        }
}

const differencesOf = ({ difference }: Variant<unknown>): readonly Difference[] =>
  difference === undefined ? [] : [difference];
