import { CompactEncrypt, compactDecrypt } from "jose";
import { z } from "zod";

/** What is sealed: the write-only members of a request. */
const secretsSchema = z.object({ accessToken: z.string(), invitationToken: z.string().optional() });
export type Secrets = z.infer<typeof secretsSchema>;

/** A sealing key: 32 bytes and the name under which sealed copies refer to it. */
export interface SealingKey {
  readonly kid: string;
  readonly bytes: Uint8Array;
}

/** A sealed copy can't be opened: its key is gone from the settings, or it was changed. */
export class UnsealError extends Error {
  readonly code = "internal";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UnsealError";
  }
}

export interface Seal {
  /** Encrypts with the first key. */
  seal(secrets: Secrets): Promise<string>;
  /** @throws {UnsealError} */
  open(sealed: string): Promise<Secrets>;
  sealText(text: string): Promise<string>;
  /** @throws {UnsealError} */
  openText(sealed: string): Promise<string>;
}

/**
 * Seals secrets as compact JWE (RFC 7516) with `dir` and A256GCM. The key's name travels in the header, so
 * that copies sealed before a rotation still open while the old key stays in the list.
 *
 * @param keys At least one; the first seals, all open.
 */
export const createSeal = (keys: readonly SealingKey[]): Seal => {
  const [first] = keys;
  if (first === undefined) throw new UnsealError("There is no sealing key: set SEALING_KEYS.");
  // Imported once: jose would import raw bytes anew for every token.
  const imported = new Map(keys.map(({ kid, bytes }) => [kid, importKey(bytes)]));
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const sealText = async (text: string): Promise<string> =>
    new CompactEncrypt(encoder.encode(text))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: first.kid })
      .encrypt((await imported.get(first.kid)) ?? first.bytes);
  const openText = async (sealed: string): Promise<string> => {
    const { plaintext } = await compactDecrypt(
      sealed,
      (header) => {
        const key = imported.get(header.kid ?? "");
        if (key === undefined)
          throw new UnsealError(`Sealing key ${header.kid ?? "without a name"} is not in SEALING_KEYS.`);
        return key;
      },
      { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] },
    );
    return decoder.decode(plaintext);
  };
  return {
    sealText,
    openText: (sealed) => orUnsealError(() => openText(sealed)),
    seal: (secrets) => sealText(JSON.stringify(secrets)),
    open: (sealed) => orUnsealError(async () => secretsSchema.parse(JSON.parse(await openText(sealed)))),
  };
};

const orUnsealError = async <T>(open: () => Promise<T>): Promise<T> => {
  try {
    return await open();
  } catch (cause) {
    if (cause instanceof UnsealError) throw cause;
    throw new UnsealError("A sealed token cannot be opened: it was changed or its key was replaced.", {
      cause,
    });
  }
};

const importKey = (bytes: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", Uint8Array.from(bytes), "AES-GCM", false, ["encrypt", "decrypt"]);
