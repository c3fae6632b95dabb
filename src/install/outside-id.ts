/**
 * Ids that Bird hands out: 1 to 64 letters, digits and hyphens. Bird documents UUIDs; safety needs no more than
 * characters that mean nothing in a path, a Redis key or a log line.
 */
const outsideId = /^[A-Za-z0-9-]{1,64}$/;

export const isOutsideId = (value: string): boolean => outsideId.test(value);

/** Ids are compared without regard to case: Bird writes UUIDs, whose case means nothing (RFC 9562 section 4). */
export const sameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
