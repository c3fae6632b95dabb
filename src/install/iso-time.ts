/** Beyond this a date has no text. */
const dateMaxMs = 8.64e15;

/** A moment as ISO 8601, UTC. One that is no moment is written as 1970, so that it does not spoil what it is part of. */
export const isoTime = (ms: number): string => new Date(Math.abs(ms) <= dateMaxMs ? ms : 0).toISOString();
