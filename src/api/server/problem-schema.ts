import { z } from "zod";
import { problemCodes, problemStatuses } from "../../http/problem.ts";
import { detectedFileSchema } from "../../producer/read/detected-file.ts";
import { redisFaultKinds } from "../../redis/errors.ts";

/** The answer to a request that was not carried out: RFC 9457 problem details. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: "A URI reference that names the kind of problem." }),
    title: z.string().meta({ description: "The kind of problem in a few words." }),
    // A literal of numbers is documented as `number`.
    status: z.literal(problemStatuses).meta({ type: "integer", description: "The HTTP status." }),
    detail: z.string().meta({ description: "What happened and what to do, in plain words." }),
    code: z
      .enum(problemCodes)
      .meta({ description: "Stable name of the problem: branch on it, never on a text." }),
    errors: z
      .array(
        z.object({
          path: z.string().meta({ description: 'JSON Pointer (RFC 6901) to the member, "" for the whole.' }),
          message: z.string().meta({ description: "What is wrong with it, and how it must be." }),
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
    file: detectedFileSchema.optional().meta({
      description: "The form of a file that is refused as a whole, as far as it was read.",
    }),
    requestId: z.string().optional().meta({ description: "The `request-id` header; it is in the log." }),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });
