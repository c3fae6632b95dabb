import { z } from "zod";
import type { Install, TimelineEntry } from "../../install/install.ts";
import { installStatuses } from "../../install/install.ts";
import { errorCodes, type InstallError } from "../../install/install-error.ts";
import { channelEvents } from "../../install/request.ts";

/** A schema for every member of a resource, so that none is forgotten here. */
export type Members<T> = { readonly [Name in keyof Required<T>]: z.ZodType<T[Name]> };

const time = (what: string) => z.string().meta({ description: `${what} ISO 8601, UTC.` });

const errorSchema = z
  .object({
    code: z.enum(errorCodes).meta({ description: "One of a closed list: branch on it, never on a text." }),
    message: z.string(),
    actor: z.string().meta({
      description: "Who has to act: us (the operator of Perch), operator (of Bird), customer or bird.",
    }),
    action: z.string().meta({ description: "What that party does next." }),
    retryable: z.boolean().meta({ description: "Whether a retry may succeed once that is done." }),
    birdStatus: z.int().optional().meta({ description: "HTTP status of Bird's answer." }),
    birdCode: z.string().optional().meta({ description: "Bird's own code, for the record." }),
  } satisfies Members<InstallError>)
  .meta({ id: "InstallError", description: "Why an install failed, who has to act and how." });

const members = {
  id: z.string(),
  status: z.enum(installStatuses).meta({
    description:
      "`completed`, `failed` and `cancelled` are ends; a late event may still heal a failed install.",
  }),
  workspaceId: z.string(),
  name: z.string(),
  wabaId: z.string(),
  phoneId: z.string(),
  phoneNumber: z.string().meta({ description: "E.164." }),
  mbPhoneId: z.string().optional(),
  channelConversationalStatusEnabled: z.boolean().optional(),
  priority: z.enum(["interactive", "bulk"]).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  callbackUrl: z.string().optional(),
  channelWebhooks: z
    .object({
      url: z.string(),
      events: z.array(z.enum(channelEvents)),
      status: z.enum(["waiting", "subscribed", "failed"]).exactOptional(),
      error: z.string().optional(),
    })
    .optional(),
  requestedBy: z.string().optional().meta({
    description: "Who asked for it: the name of the API key. Absent where it came before this was kept.",
  }),
  batchId: z.string().optional(),
  row: z.int().optional().meta({ description: "Row of the batch, from 1." }),
  connectorId: z.string().optional(),
  channelId: z.string().optional(),
  channelStatus: z.string().optional().meta({ description: "Bird's own word." }),
  attempts: z.int().meta({ description: "Calls to create at Bird whose outcome was seen." }),
  completedBy: z
    .enum(["webhook", "poll"])
    .optional()
    .meta({ description: "Whether Bird's event told of the channel, or Perch's own look." }),
  error: errorSchema.optional(),
  createdAt: time("When it was enqueued."),
  updatedAt: time("When it last changed."),
  completedAt: time("When it was completed.").optional(),
  nextActionAt: time("When something happens next by itself.").optional(),
  cancellation: z
    .object({
      requestedAt: z.string(),
      undone: z.array(z.string()).readonly(),
      notUndone: z.array(z.string()).readonly(),
    })
    .optional()
    .meta({ description: "Present once somebody cancelled it: what was undone and what could not be." }),
  uninstalledAt: time("When its connector was deleted at Bird.").optional(),
} satisfies Members<Install>;

/** An install as the API answers it. Members that are not named here never leave the process. */
export const installSchema = z.object(members).meta({
  id: "Install",
  description:
    "One phone number on its way into one Bird workspace: the request without its secrets, and how far it is.",
});

const timelineEntrySchema = z
  .object({ at: z.string(), what: z.string() })
  .catchall(z.union([z.string(), z.number()]).optional()) satisfies z.ZodType<TimelineEntry>;

export const installWithTimelineSchema = z
  .object({
    ...members,
    timeline: z
      .array(timelineEntrySchema)
      .readonly()
      .meta({ description: "What has happened to it, oldest first." }),
  })
  .meta({ id: "InstallWithTimeline" });
