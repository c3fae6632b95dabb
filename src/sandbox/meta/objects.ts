import { hash } from "node:crypto";
import { z } from "zod";
import { parseInput } from "../../install/errors/input-error.ts";

const idSchema = z.string().regex(/^\d{1,64}$/, "must be digits");

const tokenSchema = z.strictObject({
  token: z.string().min(1),
  /** The app that made it. Default: the sandbox's. */
  appId: idSchema.optional(),
  /** Default: true. */
  isValid: z.boolean().optional(),
  /** Unix ms. In the past, the token has expired. Default: it never expires. */
  expiresAtMs: z.int().positive().optional(),
  /** Default: the two permissions of WhatsApp. */
  scopes: z.array(z.string()).optional(),
  /** The accounts it may see. Default: all. */
  wabaIds: z.array(idSchema).optional(),
});

const phoneSchema = z.strictObject({
  phoneId: idSchema,
  /** The account it belongs to, which lists it. Default: no account that is known. */
  wabaId: idSchema.optional(),
  /** False: there is no such phone number. Default: true. */
  exists: z.boolean().optional(),
  displayPhoneNumber: z.string().min(1).optional(),
  verifiedName: z.string().min(1).optional(),
  /** Default: VERIFIED. */
  codeVerificationStatus: z.enum(["VERIFIED", "NOT_VERIFIED", "EXPIRED"]).optional(),
  /** Default: NOT_APPLICABLE. */
  platformType: z.enum(["CLOUD_API", "ON_PREMISE", "NOT_APPLICABLE"]).optional(),
  /** Default: PENDING. */
  status: z.string().min(1).optional(),
});

const accountSchema = z.strictObject({
  wabaId: idSchema,
  /** False: there is no such account. Default: true, with the phone numbers that name it. */
  exists: z.boolean().optional(),
});

/**
 * What the simulated Meta knows. Everything else exists as well: an undeclared token is valid, an undeclared phone number
 * verified (its number is not shown), and the list of an undeclared account has no end, so that nothing follows from it.
 */
export const metaObjectsSchema = z.strictObject({
  tokens: z.array(tokenSchema).default([]),
  accounts: z.array(accountSchema).default([]),
  phones: z.array(phoneSchema).default([]),
});

/** What the simulated Meta knows, as `PUT /sandbox/meta` takes it. */
export type MetaObjectsInput = z.input<typeof metaObjectsSchema>;
export type SimulatedToken = Omit<z.output<typeof tokenSchema>, "token">;
export type SimulatedPhone = z.output<typeof phoneSchema>;

/** The objects of the simulated Meta. Tokens are kept as digests. */
export interface MetaObjects {
  /** Replaces all. @throws {InputError} and keeps the old ones. */
  readonly replace: (input: unknown) => void;
  /** Adds some, in place of those with the same ids. @throws {InputError} and adds none. */
  readonly add: (input: unknown) => void;
  readonly clear: () => void;
  readonly token: (token: string) => SimulatedToken;
  /** Undefined when there is no such phone number. */
  readonly phone: (phoneId: string) => SimulatedPhone | undefined;
  /** `undeclared` when its phone numbers are not known. */
  readonly phonesOf: (wabaId: string) => readonly SimulatedPhone[] | "missing" | "undeclared";
  /** What is declared; tokens as the SHA-256 of their UTF-8. */
  readonly all: () => unknown;
}

export const createMetaObjects = (): MetaObjects => {
  const tokens = new Map<string, SimulatedToken>();
  const phones = new Map<string, SimulatedPhone>();
  const accounts = new Map<string, { readonly exists: boolean; readonly phoneIds: Set<string> }>();

  const clear = (): void => {
    for (const map of [tokens, phones, accounts]) map.clear();
  };

  const accountOf = (wabaId: string) => {
    const account = accounts.get(wabaId) ?? { exists: true, phoneIds: new Set<string>() };
    accounts.set(wabaId, account);
    return account;
  };

  const fill = (objects: z.output<typeof metaObjectsSchema>): void => {
    for (const { token, ...known } of objects.tokens) tokens.set(digestOf(token), known);
    for (const { wabaId, exists = true } of objects.accounts)
      accounts.set(wabaId, { exists, phoneIds: accounts.get(wabaId)?.phoneIds ?? new Set() });
    for (const phone of objects.phones) {
      const { wabaId: before } = phones.get(phone.phoneId) ?? {};
      if (before !== undefined) accounts.get(before)?.phoneIds.delete(phone.phoneId);
      phones.set(phone.phoneId, phone);
      if (phone.wabaId !== undefined && phone.exists !== false)
        accountOf(phone.wabaId).phoneIds.add(phone.phoneId);
    }
  };

  const find = (phoneId: string): SimulatedPhone | undefined => {
    const phone = phones.get(phoneId) ?? { phoneId };
    return phone.exists === false ? undefined : phone;
  };

  return {
    replace: (input) => {
      const objects = parseInput(metaObjectsSchema, input);
      clear();
      fill(objects);
    },
    add: (input) => fill(parseInput(metaObjectsSchema, input)),
    clear,
    token: (token) => tokens.get(digestOf(token)) ?? {},
    phone: find,
    phonesOf: (wabaId) => {
      const account = accounts.get(wabaId);
      if (account === undefined) return "undeclared";
      return account.exists ? [...account.phoneIds].flatMap((id) => find(id) ?? []) : "missing";
    },
    all: () => ({
      tokens: [...tokens].map(([tokenSha256, known]) => ({ tokenSha256, ...known })),
      accounts: [...accounts].map(([wabaId, { exists }]) => ({ wabaId, exists })),
      phones: [...phones.values()],
    }),
  };
};

const digestOf = (token: string): string => hash("sha256", token);
