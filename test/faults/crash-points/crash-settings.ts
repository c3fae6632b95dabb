export const signingSecret = "crash-signing-secret";

/**
 * One install at a time, so that its steps come in one order. Looks and time-outs are short; the first poll,
 * where an order sets none, is longer than a test waits, so that a lost wake-up shows.
 */
export const crashSettings = {
  connectorTemplate: "whatsapp:1",
  requestTimeoutMs: 800,
  postsPerSecond: 100_000,
  getsPerSecond: 100_000,
  concurrency: 1,
  backoffBaseMs: 20,
  backoffCapMs: 100,
  holdBaseMs: 50,
  holdCapMs: 400,
  lookDelaysMs: [100, 200, 400],
  readyStatuses: ["active"],
  numberMaxCreates: 100,
  numberWindowMs: 3_600_000,
  retentionMs: 3_600_000,
} as const;
