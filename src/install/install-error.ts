import { z } from "zod";
import { type ErrorCode, errorCatalogue } from "./error-catalogue.ts";

/** The codes of the catalogue. */
export const errorCodes = Object.keys(errorCatalogue).filter(
  (code): code is ErrorCode => code in errorCatalogue,
);

/** Why an install failed, as kept in its job: only what the catalogue cannot say. */
export const failureSchema = z.object({
  code: z.enum(errorCodes),
  /** What was seen this time; plain text, never a body or a header. */
  detail: z.string().optional(),
  birdStatus: z.number().int().optional(),
  birdCode: z.string().optional(),
});

export type Failure = z.infer<typeof failureSchema>;

/** A failure as callers see it: with message, actor and next step. */
export interface InstallError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly actor: string;
  readonly action: string;
  readonly retryable: boolean;
  readonly birdStatus?: number | undefined;
  readonly birdCode?: string | undefined;
}

/** Joins a failure with its catalogue entry. */
export const installError = ({ code, detail, birdStatus, birdCode }: Failure): InstallError => {
  const { message, actor, action, retryable } = errorCatalogue[code];
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
