import { z } from "zod";

/** Of the sandbox's report, what a chaos run checks. */
const reportSchema = z.object({
  connectors: z.array(
    z.object({
      id: z.string(),
      workspaceId: z.string(),
      phoneId: z.string(),
      phoneNumber: z.string(),
      channelId: z.string().optional(),
      createdAt: z.string(),
      deletedAt: z.string().optional(),
    }),
  ),
  creates: z.record(z.string(), z.number()),
  requests: z.record(z.string(), z.record(z.string(), z.number())),
  events: z.object({
    sent: z.number(),
    acknowledged: z.number(),
    refused: z.number(),
    pending: z.number(),
    abandoned: z.number(),
  }),
});

export type ChaosReport = z.infer<typeof reportSchema>;

export const fetchReport = async (sandboxUrl: string): Promise<ChaosReport> => {
  const response = await fetch(`${sandboxUrl}/sandbox/report`);
  return reportSchema.parse(await response.json());
};
