import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";
import { z } from "zod";
import { jsonOrUndefined } from "../../install/values/lenient.ts";

const algorithm = "aes-256-gcm";
/** Sizes of A256GCM's initialization vector and tag, bytes: RFC 7518 section 5.3. */
const ivBytes = 12;
const tagBytes = 16;

/** The one form of header: strict, so that a copy cannot ask for another algorithm or for compression. */
const headerSchema = z.strictObject({ alg: z.literal("dir"), enc: z.literal("A256GCM"), kid: z.string() });

/** The protected header of copies sealed with a key, encoded. */
export const encodeHeader = (kid: string): string =>
  Buffer.from(
    JSON.stringify({ alg: "dir", enc: "A256GCM", kid } satisfies z.infer<typeof headerSchema>),
  ).toString("base64url");

/**
 * Encrypts to a compact JWE (RFC 7516 section 7.1) with `dir` and A256GCM, in the calling thread: WebCrypto, which JOSE
 * libraries use, takes a turn of a thread pool for every token, and several times the processor time of the cipher.
 */
export const encryptCompact = (
  text: string,
  { header, key }: { readonly header: string; readonly key: KeyObject },
): string => {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(header, "latin1"));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  const [ivText, sealedText, tag] = [iv, sealed, cipher.getAuthTag()].map((part) =>
    part.toString("base64url"),
  );
  return `${header}..${ivText}.${sealedText}.${tag}`;
};

/**
 * Decrypts a compact JWE of that form.
 *
 * @param keyOf Returns the key of a name, which is not to be trusted: anyone may have written the header.
 * @throws when the text has another form, or was changed.
 */
export const decryptCompact = (sealed: string, keyOf: (kid: string) => KeyObject): string => {
  const [header = "", encryptedKey, ...rest] = sealed.split(".");
  const [iv, text, tag] = rest.map(bytesOf);
  const { kid } = headerSchema.parse(jsonOrUndefined(bytesOf(header).toString("utf8")));
  const isWhole =
    encryptedKey === "" && rest.length === 3 && iv?.length === ivBytes && tag?.length === tagBytes;
  if (!isWhole || text === undefined) throw new TypeError("not a compact JWE");
  const decipher = createDecipheriv(algorithm, keyOf(kid), iv, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(header, "latin1"));
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(text), decipher.final()]).toString("utf8");
};

/** @throws {TypeError} for what is not base64url to the letter: Node's decoder skips what it does not know. */
const bytesOf = (part: string): Buffer => {
  const bytes = Buffer.from(part, "base64url");
  if (bytes.toString("base64url") !== part) throw new TypeError("not base64url");
  return bytes;
};
