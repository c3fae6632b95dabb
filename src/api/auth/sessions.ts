import { randomUUID, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import type { EndedSessions } from "../../queue/maintenance/ended-sessions.ts";
import { type Seal, UnsealError } from "../../queue/secrets/seal.ts";
import type { ApiKey } from "./api-keys.ts";

/** How long a session lasts. */
export const sessionMs = 12 * 3_600_000;

/** What a session's cookie holds, sealed: no more than the entry of `API_KEYS` has. */
const sessionSchema = z.strictObject({
  id: z.uuid(),
  /** SHA-256 of the API key, in base64url. */
  keyHash: z.string(),
  endsMs: z.int(),
});

/** A session that counts, and the API key whose rights it has. */
export interface Session {
  readonly id: string;
  readonly key: ApiKey;
  readonly endsMs: number;
}

export interface Sessions {
  /** Begins a session, of which nothing is stored until it is signed out. @returns the text of its cookie. */
  begin(key: ApiKey): Promise<{ readonly cookie: string; readonly endsMs: number }>;
  /**
   * The session of a cookie; undefined when it has ended or was signed out, its key is listed no more, or the text is no
   * cookie of Perch.
   */
  find(cookie: string): Promise<Session | undefined>;
}

/**
 * Sessions are kept in their cookies, sealed with the sealing keys, so every API process with the same settings takes
 * them, until one was signed out. A session has the present rights of its key, found by the key's digest on each request: it ends with its key.
 *
 * @param deps.keys The entries of `API_KEYS`.
 */
export const createSessions = ({
  keys,
  seal,
  endedSessions,
  now = Date.now,
}: {
  readonly keys: readonly ApiKey[];
  readonly seal: Pick<Seal, "sealText" | "openText">;
  readonly endedSessions: Pick<EndedSessions, "isEnded">;
  readonly now?: () => number;
}): Sessions => ({
  begin: async ({ hash }) => {
    const endsMs = now() + sessionMs;
    const keyHash = Buffer.from(hash).toString("base64url");
    const session = { id: randomUUID(), keyHash, endsMs } satisfies z.infer<typeof sessionSchema>;
    return { cookie: await seal.sealText(JSON.stringify(session), { purpose: "session" }), endsMs };
  },
  find: async (cookie) => {
    const text = await opened(seal, cookie);
    const session = sessionSchema.safeParse(jsonOrUndefined(text ?? "")).data;
    if (session === undefined || session.endsMs <= now()) return undefined;
    const hash = Buffer.from(session.keyHash, "base64url");
    const key = keys.find((each) => each.hash.length === hash.length && timingSafeEqual(each.hash, hash));
    if (key === undefined || (await endedSessions.isEnded(session.id))) return undefined;
    return { id: session.id, key, endsMs: session.endsMs };
  },
});

const opened = async (seal: Pick<Seal, "openText">, cookie: string): Promise<string | undefined> => {
  try {
    return await seal.openText(cookie, { purpose: "session" });
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
    throw error;
  }
};
