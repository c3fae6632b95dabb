/** Where an install is. `completed`, `failed` and `cancelled` are ends; a late event may still heal a failed one. */
export const installStatuses = [
  "queued",
  "submitting",
  "awaiting_channel",
  "retrying",
  "held",
  "completed",
  "failed",
  "cancelled",
] as const;
