import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { ProblemError } from "../../http/problem.ts";
import { type InstallStatus, installSchema } from "../../install/install.ts";
import type { Logger } from "../../log.ts";
import type { ExchangeResult } from "../../meta/exchange-result.ts";
import type { Producer } from "../../producer/producer.ts";
import { callerOf, requireReach } from "../auth/reach.ts";
import { exampleIds } from "../openapi/examples/ids.ts";
import { answer, problems } from "../server/answers.ts";
import { createInstallBody, documentedInstallBody, installExamples } from "./body.ts";
import { installLogIds } from "./log-ids.ts";

const description = `Queues an install and answers 202 at once.

While the number has a current install in its workspace (one that has not ended, or is completed and not uninstalled),
that install is returned with 200; \`reinstall: true\` makes a new one for a completed number. Another \`phoneNumber\`
or \`wabaId\` under the \`phoneId\` of a current install is refused with 409 \`number_mismatch\`. With an
\`Idempotency-Key\` a repeat of the same body returns the first request's install, also if that has failed: then the header
\`Perch-Install-Status\` says so, and \`POST /v1/installs/{id}/retry\` starts it again.

A \`signupCode\` is exchanged for its token before anything is queued, once for an \`Idempotency-Key\`: send one, so that
a repeat does not spend the code a second time.`;

const idempotencyKeySchema = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, "must be 1 to 255 printable ASCII characters")
  .meta({
    description:
      "Makes a repeat safe: the same key with the same body is the same install, for 48 hours. Keys of another API key are other keys. 1 to 255 printable ASCII characters.",
  });

const location = {
  Location: {
    type: "string",
    description: "Address of the install.",
    examples: [`/v1/installs/${exampleIds.installId}`],
  },
} as const;

/** What the header `Perch-Install-Status` says. */
const deadStatuses = ["failed", "cancelled"] as const satisfies readonly InstallStatus[];

const deadStatus = {
  "Perch-Install-Status": {
    type: "string",
    enum: deadStatuses,
    description:
      "The install of an `Idempotency-Key` has ended without success: retry it. Absent for live and completed installs.",
    examples: ["failed"],
  },
} as const;

export interface CreateInstallDeps {
  readonly producer: Pick<Producer, "enqueue" | "enqueueSignup">;
  /** Exchanges a code of Meta's embedded signup; undefined without META_APP_ID and META_APP_SECRET. */
  readonly exchangeCode?: ((code: string) => Promise<ExchangeResult>) | undefined;
  /** `NOTIFY_ALLOW_PRIVATE`: addresses of webhooks may be http. */
  readonly allowsHttp: boolean;
  readonly log: Logger;
}

/** `POST /v1/installs`. */
export const addCreateInstall = (server: FastifyInstance, deps: CreateInstallDeps): void => {
  const exchange = createExchangeSignup(deps.exchangeCode);
  const canExchange = deps.exchangeCode !== undefined;
  server.withTypeProvider<ZodTypeProvider>().post(
    "/v1/installs",
    {
      config: { scope: "write", reach: "workspaces" },
      schema: {
        operationId: "createInstall",
        tags: ["installs"],
        summary: "Install a number",
        description,
        headers: z.looseObject({ "idempotency-key": idempotencyKeySchema.optional() }),
        bodyExamples: installExamples,
        documentedBody: documentedInstallBody,
        body: createInstallBody({ allowsHttp: deps.allowsHttp, canExchange }),
        response: {
          202: answer(installSchema, "Queued: a new install.", location),
          200: answer(
            installSchema,
            "The existing install. It may have failed: see its `status` and `error`.",
            {
              ...location,
              ...deadStatus,
            },
          ),
          ...problems(409),
        },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireReach(caller, request.body.workspaceId);
      const use = {
        requestedBy: caller.name,
        idempotencyKey: request.headers["idempotency-key"],
        idempotencyNamespace: `api ${caller.name}`,
      };
      const { accessToken, signupCode, ...rest } = request.body;
      const { install, created } =
        accessToken === undefined
          ? await deps.producer.enqueueSignup({ ...rest, signupCode: signupCode ?? "" }, { ...use, exchange })
          : await deps.producer.enqueue({ ...rest, accessToken }, use);
      if (created) deps.log.info(installLogIds(request, install), "install queued");
      reply.header("location", `/v1/installs/${install.id}`);
      const isDead = deadStatuses.some((status) => status === install.status);
      if (isDead) reply.header("perch-install-status", install.status);
      return reply.code(created ? 202 : 200).send(install);
    },
  );
};

const metaAwaySeconds = 30;

/** Exchanges a signup code at Meta for a token; a refusal becomes the problem of the answer. */
const createExchangeSignup =
  (exchangeCode: CreateInstallDeps["exchangeCode"]) =>
  async (code: string): Promise<string> => {
    if (exchangeCode === undefined) throw new TypeError("The body's schema refuses codes without Meta.");
    const result = await exchangeCode(code);
    switch (result.kind) {
      case "token":
        return result.accessToken;
      case "refused":
        throw new ProblemError({
          status: 422,
          code: "signup_code_refused",
          detail: result.message,
          errors: [{ path: "/signupCode", message: result.message }],
        });
      case "unavailable":
        throw new ProblemError({
          status: 503,
          code: "meta_unavailable",
          detail: result.message,
          retryAfterSeconds: metaAwaySeconds,
        });
    }
  };
