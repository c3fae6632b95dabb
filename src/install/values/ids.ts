import type { z } from "zod";
import { BatchNotFoundError, InstallNotFoundError } from "../errors/errors.ts";

/** The form of ids of installs and batches. */
export const isUlid = (text: string): boolean => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text);

/**
 * Checks the form of an install's id, because Redis holds other things under other names.
 *
 * @throws {InstallNotFoundError}
 */
export const knownInstallId = (id: string): string => {
  if (isUlid(id)) return id;
  throw new InstallNotFoundError(id);
};

/**
 * Checks the form of a batch's id, because Redis holds other things under other names.
 *
 * @throws {BatchNotFoundError}
 */
export const knownBatchId = (id: string): string => {
  if (isUlid(id)) return id;
  throw new BatchNotFoundError(id);
};

/** The members that are easily confused. */
interface Ids {
  readonly wabaId?: string | undefined;
  readonly phoneId?: string | undefined;
  /** E.164. */
  readonly phoneNumber?: string | undefined;
}

const idMembers: ReadonlySet<unknown> = new Set(["wabaId", "phoneId", "phoneNumber"]);

/** Also checks an input with other issues, so that the caller gets all of them; not one whose ids are invalid themselves. */
const when = ({ value, issues }: z.core.ParsePayload): boolean =>
  typeof value === "object" && value !== null && !issues.some(({ path }) => idMembers.has(path?.[0]));

const isNumber = (id: string | undefined, { phoneNumber }: Ids): boolean =>
  id !== undefined && `+${id}` === phoneNumber;

/** Arguments of zod's `refine`. */
type Rule = readonly [
  (ids: Ids) => boolean,
  { readonly when: typeof when; readonly path: string[]; readonly error: string },
];

const rule = (isMet: Rule[0], path: keyof Ids, error: string): Rule => [isMet, { when, path: [path], error }];

/**
 * Rules against an id in the wrong member. Only certain cases, because Meta's ids do not show what they name.
 */
export const idRules = {
  twoIds: rule(
    ({ wabaId, phoneId }) => wabaId === undefined || wabaId !== phoneId,
    "wabaId",
    "is the same as phoneId: the WhatsApp Business Account and the phone number have an id of Meta's each",
  ),
  phoneIdIsNoNumber: rule(
    (ids) => !isNumber(ids.phoneId, ids),
    "phoneId",
    "is the phone number itself: give the id that Meta has for the number",
  ),
  wabaIdIsNoNumber: rule(
    (ids) => !isNumber(ids.wabaId, ids),
    "wabaId",
    "is the phone number itself: give Meta's id of the WhatsApp Business Account",
  ),
} as const;

/**
 * Ids that Bird hands out: 1 to 64 letters, digits and hyphens. Bird documents UUIDs; safety needs no more than
 * characters that mean nothing in a path, a Redis key or a log line.
 */
const outsideId = /^[A-Za-z0-9-]{1,64}$/;

export const isOutsideId = (value: string): boolean => outsideId.test(value);

/** Ids are compared without regard to case: Bird writes UUIDs, whose case means nothing (RFC 9562 section 4). */
export const sameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
