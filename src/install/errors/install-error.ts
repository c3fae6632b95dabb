import { z } from "zod";
import { actors } from "./catalogue-entry.ts";
import { type ErrorCode, errorCatalogue } from "./error-catalogue.ts";

/** The codes of the catalogue. */
export const errorCodes = Object.keys(errorCatalogue).filter(
  (code): code is ErrorCode => code in errorCatalogue,
);

/** What Bird said when it did not carry out a request; bounded, and cleaned of tokens and numbers. */
export const birdAnswerSchema = z.object({
  birdStatus: z.int().optional().meta({ description: "HTTP status of Bird's answer." }),
  birdCode: z.string().optional().meta({ description: "Bird's own error code." }),
  birdMessage: z.string().optional().meta({
    description: "Bird's own sentence: 500 characters at most, tokens and numbers taken out.",
  }),
  birdDetails: z.array(z.string()).optional().meta({
    description: "Paths of the members of Perch's request that Bird names.",
  }),
  birdRequestId: z.string().optional().meta({ description: "Bird's id of the request, for its support." }),
});

export type BirdWords = Omit<z.infer<typeof birdAnswerSchema>, "birdStatus" | "birdCode"> & {
  readonly birdCode: string | undefined;
};

/** Why an install failed, as stored in its job: only what the catalogue does not have. */
export const failureSchema = birdAnswerSchema.extend({
  code: z.enum(errorCodes),
  /** What was observed this time; plain text, never a body or a header. */
  detail: z.string().optional(),
  /** Of an ambiguous submission: no create is known, but Redis may have lost one. */
  nothingSent: z.boolean().optional(),
});

export type Failure = z.infer<typeof failureSchema>;

/** A failure in the API's form: with message, actor and next step. */
export const installErrorSchema = z
  .object({
    code: z.enum(errorCodes).meta({ description: "One of a closed list: branch on it, never on texts." }),
    message: z.string(),
    actor: z.enum(actors).meta({
      description:
        "Who has to act: us (the team that runs Perch or sends it requests), operator (of the Bird workspace), customer or bird.",
    }),
    action: z.string().meta({ description: "What that party does next." }),
    retryable: z.boolean().meta({ description: "Whether a retry may succeed once that is done." }),
    ...birdAnswerSchema.shape,
  })
  .meta({ id: "InstallError", description: "Why an install failed, who has to act and how." });

/**
 * Why an install failed: `code` of a closed list, `message`, `actor` who has to act (us, operator, customer, bird),
 * `action` what they do next, `retryable` whether a retry may succeed then; and, where Bird answered, `birdStatus`,
 * `birdCode`, `birdMessage` (500 characters at most, without tokens and numbers), `birdDetails` and `birdRequestId`.
 */
export type InstallError = Readonly<z.infer<typeof installErrorSchema>>;

/** Replaces the catalogue's texts when only Redis may have lost a create. */
const notSent = {
  message:
    "Not sent: Perch may not look for the number at Bird, and Redis may have forgotten an earlier create.",
  action:
    "Let the access key list connectors; or, if no backup was restored, run perch doctor --trust-redis. Then retry.",
} as const;

/** Joins a failure with its catalogue entry. */
export const installError = ({ code, detail, nothingSent, ...bird }: Failure): InstallError => {
  const { actor, retryable, ...texts } = errorCatalogue[code];
  const { message, action } = nothingSent === true ? notSent : texts;
  return {
    code,
    message: detail === undefined ? message : `${message} ${detail}`,
    actor,
    action,
    retryable,
    ...birdAnswer(bird),
  };
};

/** What is known of Bird's answer, without members that are undefined. */
export const birdAnswer = ({
  birdStatus,
  birdCode,
  birdMessage,
  birdDetails,
  birdRequestId,
}: z.infer<typeof birdAnswerSchema>): z.infer<typeof birdAnswerSchema> => ({
  ...(birdStatus !== undefined && { birdStatus }),
  ...(birdCode !== undefined && { birdCode }),
  ...(birdMessage !== undefined && { birdMessage }),
  ...(birdDetails !== undefined && { birdDetails }),
  ...(birdRequestId !== undefined && { birdRequestId }),
});

/** Follows a sentence of Perch's about an answer of Bird's: ` (Bird: …)`. */
export const birdSays = ({ birdMessage }: { readonly birdMessage?: string | undefined }): string =>
  birdMessage === undefined ? "" : ` (Bird: ${birdMessage})`;
