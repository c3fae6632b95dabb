import { z } from "zod";

/** The roles whose process is killed. */
export const crashRoles = ["worker", "webhook", "api"] as const;

export type CrashRole = (typeof crashRoles)[number];

/** Everything a role needs to start, sent to its process once. */
export const crashTaskSchema = z.strictObject({
  role: z.enum(crashRoles),
  redisUrl: z.string(),
  prefix: z.string(),
  /** The worker's and the API's. */
  sealingKeys: z.string(),
  birdApiUrl: z.string(),
  birdAccessKey: z.string(),
  /** The worker's. */
  firstPollMs: z.number(),
  deadlineMs: z.number(),
  lookDelaysMs: z.array(z.number()).optional(),
  notifyUrl: z.string().optional(),
  /** The webhook's and the API's: 0 is any free one, and after a crash the one it had. */
  port: z.number(),
  /** The point at which the process kills itself; undefined: it lives and tells its points. */
  crashAt: z.string().optional(),
});

export type CrashTask = z.infer<typeof crashTaskSchema>;

/** What a process under test says to the test. */
export const crashNewsSchema = z.discriminatedUnion("kind", [
  /** It is up, idle, and counts its steps from here. */
  z.strictObject({ kind: z.literal("armed"), url: z.string() }),
  z.strictObject({ kind: z.literal("point"), point: z.string() }),
]);

export type CrashNews = z.infer<typeof crashNewsSchema>;
