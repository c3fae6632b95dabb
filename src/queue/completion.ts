import { z } from "zod";
import type { Completion } from "../install/install.ts";

/** The return value of an install's job. */
export const completionSchema = z.object({
  connectorId: z.string(),
  channelId: z.string(),
  channelStatus: z.string().optional(),
  completedBy: z.enum(["webhook", "poll"]),
}) satisfies z.ZodType<Completion>;
