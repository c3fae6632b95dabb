/** How long after a backup was restored requests are expected to come again. */
export const doubtMs = 24 * 3_600_000;

/** Until when numbers are looked for before they are created, because of a backup noticed then; 0 without one. Unix ms. */
export const doubtUntil = (restoredMs: number): number => (restoredMs === 0 ? 0 : restoredMs + doubtMs);
