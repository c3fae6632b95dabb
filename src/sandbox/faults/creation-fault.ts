import { z } from "zod";
import { delayMsSchema } from "./answer-fault.ts";

const timesSchema = z.int().min(1).max(1000);
const statusSchema = z.string().min(1).max(64);

/** Faults of a connector that was made: its reads, its channel, and the channel's events. */
export const creationFaultSchema = z.discriminatedUnion("kind", [
  /** The channel exists at once and is named in the 201. */
  z.strictObject({ kind: z.literal("channel_in_answer") }),
  /** `arguments` is null in every read of this connector. */
  z.strictObject({ kind: z.literal("no_arguments_echo") }),
  /** The list shows the connector only `delayMs` after its creation; a read by id shows it at once. */
  z.strictObject({ kind: z.literal("list_lag"), delayMs: delayMsSchema }),
  /** No channel is made, so there is no event either. */
  z.strictObject({ kind: z.literal("channel_never") }),
  /**
   * The channel is made at once, and its event has been answered (whatever the answer) before the 201 is written,
   * which doesn't name the channel all the same. `event_late` has no effect on it.
   */
  z.strictObject({ kind: z.literal("event_before_answer") }),
  /** The channel is made in time; its event is sent `delayMs` after that. */
  z.strictObject({ kind: z.literal("event_late"), delayMs: delayMsSchema }),
  /** The event is sent `times` more often after it was acknowledged. */
  z.strictObject({ kind: z.literal("event_repeated"), times: timesSchema }),
  /** The channel is made, and no event is sent. */
  z.strictObject({ kind: z.literal("event_never") }),
  /** One more `channel.created`, about a connector and a channel that do not exist. */
  z.strictObject({ kind: z.literal("event_unknown_connector") }),
  /** One more `channel.created` of the same connector, naming a channel that does not exist. */
  z.strictObject({ kind: z.literal("event_other_channel") }),
  /** The channel is born as `status`; `afterMs` (default 1000) later it turns `thenStatus` and `channel.updated` is sent. */
  z
    .strictObject({
      kind: z.literal("event_status"),
      status: statusSchema,
      thenStatus: statusSchema.optional(),
      afterMs: delayMsSchema.optional(),
    })
    .refine(({ thenStatus, afterMs }) => afterMs === undefined || thenStatus !== undefined, {
      path: ["afterMs"],
      message: "needs a thenStatus",
    }),
  /** The first `times` (default 1) deliveries of the event carry a signature made with another key. */
  z.strictObject({ kind: z.literal("event_wrong_signature"), times: timesSchema.optional() }),
  /** The payload holds only the channel's id and status. */
  z.strictObject({ kind: z.literal("event_minimal") }),
]);

export type CreationFault = z.infer<typeof creationFaultSchema>;
