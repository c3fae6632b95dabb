import { z } from "zod";
import { type ErrorCode, errorCatalogue } from "./error-catalogue.ts";

/** The codes of the catalogue. */
export const errorCodes = Object.keys(errorCatalogue).filter(
  (code): code is ErrorCode => code in errorCatalogue,
);

/** Why an install failed, as stored in its job: only what the catalogue does not have. */
export const failureSchema = z.object({
  code: z.enum(errorCodes),
  /** What was observed this time; plain text, never a body or a header. */
  detail: z.string().optional(),
  birdStatus: z.number().int().optional(),
  birdCode: z.string().optional(),
  /** Of an ambiguous submission: no create is known, but Redis may have lost one. */
  nothingSent: z.boolean().optional(),
});

export type Failure = z.infer<typeof failureSchema>;

/** A failure in the API's form: with message, actor and next step. */
export const installErrorSchema = z
  .object({
    code: z.enum(errorCodes).meta({ description: "One of a closed list: branch on it, never on texts." }),
    message: z.string(),
    actor: z.string().meta({
      description:
        "Who has to act: us (the team that runs Perch or sends it requests), operator (of the Bird workspace), customer or bird.",
    }),
    action: z.string().meta({ description: "What that party does next." }),
    retryable: z.boolean().meta({ description: "Whether a retry may succeed once that is done." }),
    birdStatus: z.int().optional().meta({ description: "HTTP status of Bird's answer." }),
    birdCode: z.string().optional().meta({ description: "Bird's own error code." }),
  })
  .meta({ id: "InstallError", description: "Why an install failed, who has to act and how." });

export type InstallError = Readonly<z.infer<typeof installErrorSchema>>;

/** Replaces the catalogue's texts when only Redis may have lost a create. */
const notSent = {
  message:
    "Not sent: Perch may not look for the number at Bird, and Redis may have forgotten an earlier create.",
  action:
    "Let the access key list connectors; or, if no backup was restored, run perch doctor --trust-redis. Then retry.",
} as const;

/** Joins a failure with its catalogue entry. */
export const installError = ({ code, detail, birdStatus, birdCode, nothingSent }: Failure): InstallError => {
  const { actor, retryable, ...texts } = errorCatalogue[code];
  const { message, action } = nothingSent === true ? notSent : texts;
  return {
    code,
    message: detail === undefined ? message : `${message} ${detail}`,
    actor,
    action,
    retryable,
    ...(birdStatus !== undefined && { birdStatus }),
    ...(birdCode !== undefined && { birdCode }),
  };
};
