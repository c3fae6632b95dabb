import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { DatedReport } from "../doctor/doctor.ts";
import { isoTime } from "../install/values/shown-text.ts";
import { answer } from "./server/answers.ts";

const findingSchema = z
  .object({
    id: z.string().meta({
      description:
        "The check; one about a workspace, a setting or a server of a cluster ends in `:` and its id or name.",
    }),
    status: z
      .enum(["ok", "warn", "fail", "skipped"])
      .meta({ description: "skipped: something the check depends on is missing; the summary names it." }),
    summary: z.string().meta({ description: "A sentence. Never a secret; of settings only the names." }),
    fix: z.string().optional().meta({ description: "What to do; with warn and fail." }),
  })
  .meta({ id: "Finding" });

const reportSchema = z
  .object({
    ok: z.boolean().meta({ description: "Whether no check fails; some may warn." }),
    ranAt: z.string().meta({ description: "When the checks ran. ISO 8601, UTC." }),
    checks: z.array(findingSchema).readonly().meta({ description: "What fails first, then what warns." }),
  })
  .meta({ id: "DoctorReport" });

export interface DoctorRouteDeps {
  /** Runs the checks at most once at a time. */
  readonly runDoctor: () => Promise<DatedReport>;
}

const description = `The checks of \`perch doctor\`, with the settings of this API process, for up to five of the newest workspaces. They run at most
once at a time in a process, each for up to ten seconds, and a report is returned again for ten seconds. They change nothing
and are in no counter.`;

/** `GET /v1/doctor`. */
export const addDoctor = (server: FastifyInstance, { runDoctor }: DoctorRouteDeps): void => {
  server.withTypeProvider<ZodTypeProvider>().get(
    "/v1/doctor",
    {
      // The checks are about settings, keys and Redis as a whole.
      config: { scope: "admin", reach: "fleet" },
      schema: {
        operationId: "runDoctor",
        tags: ["service"],
        summary: "Check everything an install needs",
        description,
        response: { 200: answer(reportSchema, "The findings, also when some of them fail.") },
      },
    },
    async () => {
      const { ranAtMs, ...report } = await runDoctor();
      return { ...report, ranAt: isoTime(ranAtMs) };
    },
  );
};
