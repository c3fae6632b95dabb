import { z } from "zod";

export const birdAccessKey = "chaos-access-key";

/** What a process of a chaos run is to be. */
export const childConfigSchema = z.discriminatedUnion("role", [
  z.strictObject({
    role: z.literal("sandbox"),
    seed: z.number(),
    webhookUrl: z.string(),
    hasLimits: z.boolean(),
  }),
  z.strictObject({
    role: z.literal("webhook"),
    redisUrl: z.string(),
    prefix: z.string(),
    port: z.number(),
  }),
  z.strictObject({
    role: z.literal("worker"),
    redisUrl: z.string(),
    prefix: z.string(),
    sandboxUrl: z.string(),
    sealingKeys: z.string(),
    postsPerSecond: z.number(),
    getsPerSecond: z.number(),
    /** How far it sets its own clock ahead; behind when negative. */
    ownSkewMs: z.number(),
  }),
  z.strictObject({
    role: z.literal("importer"),
    redisUrl: z.string(),
    prefix: z.string(),
    sealingKeys: z.string(),
    workspaces: z.number(),
    first: z.number(),
    count: z.number(),
  }),
  z.strictObject({
    role: z.literal("api"),
    redisUrl: z.string(),
    prefix: z.string(),
    sandboxUrl: z.string(),
    sealingKeys: z.string(),
    port: z.number(),
  }),
]);

export type ChildConfig = z.infer<typeof childConfigSchema>;
export type ChildRole = ChildConfig["role"];

/** What a process says once it works. */
export const readySchema = z.strictObject({ url: z.string(), nowMs: z.number() });
