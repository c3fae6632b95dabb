import { z } from "zod";
import type { ErrorCode } from "./errors/error-catalogue.ts";
import { errorCodes } from "./errors/install-error.ts";
import { type InstallStatus, installStatuses } from "./install.ts";
import { installMembersSchema } from "./request.ts";

/** Which installs a list holds: those that match all members. */
export interface InstallFilter {
  /** One status, or several of which any matches. */
  readonly status?: InstallStatus | readonly InstallStatus[] | undefined;
  /** Bird's UUID of a workspace. */
  readonly workspaceId?: string | undefined;
  /** The installs a batch made; not those its rows were attached to. */
  readonly batchId?: string | undefined;
  /** With its country code, such as `+14155550123`; every form of the number matches. */
  readonly phoneNumber?: string | undefined;
  /** Bird's id of a connector. */
  readonly connectorId?: string | undefined;
  /** Bird's id of a channel. */
  readonly channelId?: string | undefined;
  /** Failed with this code. */
  readonly errorCode?: ErrorCode | undefined;
  /** A part of the name, in any case. */
  readonly name?: string | undefined;
  /** Queued then or later, Unix ms. */
  readonly sinceMs?: number | undefined;
  /** Queued then or earlier, Unix ms. */
  readonly untilMs?: number | undefined;
}

/** Orders of a list, newest first: by creation, or by end, in which only installs are that have ended. */
export const installOrders = ["created", "updated"] as const;

export type InstallOrder = (typeof installOrders)[number];

const { workspaceId, phoneNumber } = installMembersSchema.shape;
const statusRule = `must be one or more of ${installStatuses.join(", ")}`;

/** Several statuses of a filter. */
export const statusesSchema = z
  .array(z.enum(installStatuses, statusRule), statusRule)
  .min(1, statusRule)
  .max(installStatuses.length, statusRule);

const birdIdSchema = (description: string) =>
  z
    .string("must be an id of Bird's")
    .regex(/^[\w-]{1,64}$/, "must be an id of Bird's")
    .meta({ description })
    .optional();

/** The members of a filter, each validated by itself. */
export const filterMembers = {
  status: z.union([z.enum(installStatuses, statusRule), statusesSchema], statusRule).optional(),
  workspaceId: workspaceId.meta({ description: "Bird workspace." }).optional(),
  batchId: z
    .string("must be the id of a batch")
    .regex(/^\w{1,64}$/, "must be the id of a batch")
    .meta({ description: "Only rows of this batch." })
    .optional(),
  phoneNumber: phoneNumber
    .meta({
      description:
        "Phone number with its country code, in any usual writing; every form of the number matches.",
    })
    .optional(),
  connectorId: birdIdSchema("Bird's connector."),
  channelId: birdIdSchema("Bird's channel."),
  errorCode: z
    .enum(errorCodes, "must be a code of docs/errors.md")
    .meta({ description: "Only installs that failed with this code." })
    .optional(),
  name: z
    .string("must be a part of a name")
    .min(1, "must be a part of a name")
    .max(255, "must be 255 characters at most")
    .meta({ description: "A part of the name, in any case." })
    .optional(),
  sinceMs: z.number("must be a time in Unix ms").optional(),
  untilMs: z.number("must be a time in Unix ms").optional(),
} as const satisfies Record<keyof InstallFilter, z.ZodType>;
