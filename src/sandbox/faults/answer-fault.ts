import { z } from "zod";

/** A scripted delay in milliseconds, up to a day. */
export const delayMsSchema = z.int().min(0).max(86_400_000);

const percentSchema = z.int().min(0).max(1000);

/**
 * Faults of one call's answer. `reset`, and `status` without `done`, skip the work; the other kinds do the work and alter only
 * its answer.
 */
export const answerFaultSchema = z.discriminatedUnion("kind", [
  /** Done, then the connection is closed without an answer. */
  z.strictObject({ kind: z.literal("answer_lost") }),
  /** The connection is reset; nothing is done. */
  z.strictObject({ kind: z.literal("reset") }),
  /** Done at once, answered later. */
  z.strictObject({ kind: z.literal("slow"), delayMs: delayMsSchema }),
  /** Done, answered with 200 and no body. */
  z.strictObject({ kind: z.literal("empty_200") }),
  /** Done, with the usage headers of Meta; for its reads only. */
  z.strictObject({
    kind: z.literal("meta_usage"),
    /** How much of the app's limit is used. */
    appPercent: percentSchema.optional(),
    /** How much of the account's limit is used. */
    accountPercent: percentSchema.optional(),
    /** How long Meta says that the account must wait. */
    regainMinutes: z.int().min(0).max(10_000).optional(),
  }),
  z
    .strictObject({
      kind: z.literal("status"),
      /** 502, 503 and 504 come with a gateway's HTML page, the others with Bird's or Meta's error body. */
      status: z.literal([400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504]),
      /** Sent as a `Retry-After` header. */
      retryAfterSeconds: z.int().min(0).max(86_400).optional(),
      /** Whether a 409 names a connector: the one of the same phone id, or a foreign one of the workspace. Neither is named where none exists. */
      details: z.enum(["same_number", "other_number"]).optional(),
      /** The answer's JSON body, in place of the usual one. */
      body: z.record(z.string(), z.json()).optional(),
      /** Does the work first, so that the error is wrong. */
      done: z.boolean().optional(),
    })
    .refine(
      ({ status, retryAfterSeconds }) => retryAfterSeconds === undefined || [429, 503].includes(status),
      {
        path: ["retryAfterSeconds"],
        message: "belongs to status 429 or 503 only",
      },
    )
    .refine(({ status, details }) => details === undefined || status === 409, {
      path: ["details"],
      message: "belongs to status 409 only",
    }),
]);

export type AnswerFault = z.infer<typeof answerFaultSchema>;
