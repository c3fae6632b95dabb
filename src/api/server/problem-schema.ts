import { z } from "zod";
import { problemCodes } from "../../http/problem.ts";
import { redisFaultKinds } from "../../redis/errors.ts";

/** The answer to a request that was not carried out: RFC 9457 problem details. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: "A URI reference that names the kind of problem." }),
    title: z.string(),
    status: z.int().meta({ description: "The HTTP status." }),
    detail: z.string().meta({ description: "What happened and what to do, in plain words." }),
    code: z
      .enum(problemCodes)
      .meta({ description: "Stable name of the problem: branch on it, never on a text." }),
    errors: z
      .array(
        z.object({
          path: z.string().meta({ description: 'JSON Pointer (RFC 6901) to the member, "" for the whole.' }),
          message: z.string(),
        }),
      )
      .optional()
      .meta({ description: "Everything that is wrong with the input, at once." }),
    reason: z
      .enum(redisFaultKinds)
      .optional()
      .meta({ description: "With `unavailable`: what keeps Redis from it." }),
    batchId: z.string().optional().meta({ description: "The batch that holds what was read of a file." }),
    rows: z.int().optional().meta({ description: "How many rows of a file were read." }),
    requestId: z.string().optional().meta({ description: "The `request-id` header; it is in the log." }),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });
