import type { Hold } from "../queue/holds.ts";

/** A workspace's hold as callers see it. */
export const viewHold = ({ reason, untilMs }: Hold) => ({ reason, until: new Date(untilMs).toISOString() });
