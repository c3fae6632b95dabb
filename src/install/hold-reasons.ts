/** Why a workspace is held: Bird asked to slow down, or refuses the access key. */
export const holdReasons = ["rate_limited", "unauthorized"] as const;

export type HoldReason = (typeof holdReasons)[number];
