import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { SendTestMessage } from "../../actions/send-test-message.ts";
import { documentedTestMessage, testMessageSchema } from "../../actions/test-message.ts";
import type { Uninstall } from "../../actions/uninstall.ts";
import { installSchema } from "../../install/install.ts";
import type { Logger } from "../../log.ts";
import type { InstallActions } from "../../queue/actions/installs.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { by, callerOf, reachInstallId, withinReach } from "../auth/reach.ts";
import type { BodyExamples } from "../openapi/openapi.ts";
import { optionalBody } from "../openapi/tidy-document.ts";
import { answer, problems } from "../server/answers.ts";
import { idParams } from "../server/parameters.ts";
import { createRetryBody, retryExamples } from "./body.ts";
import { installLogIds } from "./log-ids.ts";

const params = idParams("install");

const messageExamples = {
  text: {
    summary: "To a person who wrote in the last 24 hours",
    value: { to: "+1 415 555 0199", text: "Hello from your new number" },
  },
  template: {
    summary: "To any number",
    value: {
      to: "+14155550199",
      template: { projectId: "9d3c1f6e-2f0a-4c6b-8f5e-0a1b2c3d4e5f", locale: "en" },
    },
  },
} as const satisfies BodyExamples;

const sentSchema = z
  .object({
    messageId: z.string().optional().meta({ description: "Bird's id of the message." }),
    status: z.string().optional().meta({ description: "Bird's text; the message is not delivered yet." }),
  })
  .meta({ id: "SentMessage" });

export interface InstallActionsDeps {
  readonly installs: Pick<Installs, "find">;
  readonly actions: Pick<InstallActions, "retry" | "cancel">;
  readonly uninstall: Uninstall;
  readonly sendTestMessage: SendTestMessage;
  /** Only whether it is there matters: without it a retry may not carry a signup code. */
  readonly exchangeCode?: unknown;
  /** `NOTIFY_ALLOW_PRIVATE`: addresses of webhooks may be http. */
  readonly allowsHttp: boolean;
  readonly log: Logger;
}

/** Adds the actions on one install: retry, cancel, test message and uninstall. */
export const addInstallActions = (server: FastifyInstance, deps: InstallActionsDeps): void => {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const canExchange = deps.exchangeCode !== undefined;
  const reachId = (request: FastifyRequest<{ Params: { id: string } }>): Promise<string> =>
    reachInstallId(deps, callerOf(request), request.params.id);
  routes.post(
    "/v1/installs/:id/retry",
    {
      config: { scope: "write", reach: "workspaces" },
      schema: {
        ...optionalBody,
        operationId: "retryInstall",
        tags: ["installs"],
        summary: "Retry a failed or cancelled install",
        description:
          "The body replaces members of its request; without a body the request is unchanged. Nothing is created twice: Perch looks for an existing connector and adopts it.",
        params,
        bodyExamples: retryExamples,
        body: createRetryBody({ allowsHttp: deps.allowsHttp, canExchange }),
        response: { 200: answer(installSchema, "The install, queued again."), ...problems(404, 409) },
      },
    },
    async (request) => {
      const id = await reachId(request);
      const install = await withinReach(deps, callerOf(request), () =>
        deps.actions.retry(id, request.body, by(request)),
      );
      deps.log.info(installLogIds(request, install), "install queued again");
      return install;
    },
  );
  routes.post(
    "/v1/installs/:id/cancel",
    {
      config: { scope: "write", reach: "workspaces" },
      schema: {
        operationId: "cancelInstall",
        tags: ["installs"],
        summary: "Cancel an install",
        description:
          "Ends an install that has not ended. A run in progress carries it out. `cancellation` says what was undone and what could not be.",
        params,
        response: { 200: answer(installSchema, "The install."), ...problems(404, 409) },
      },
    },
    async (request) => {
      const install = await deps.actions.cancel(await reachId(request), by(request));
      deps.log.info(installLogIds(request, install), "install is to be cancelled");
      return install;
    },
  );
  routes.post(
    "/v1/installs/:id/test-message",
    {
      config: { scope: "messages", reach: "workspaces" },
      schema: {
        operationId: "sendTestMessage",
        tags: ["installs"],
        summary: "Send a message through a completed install's channel",
        description:
          "Each call sends a message. A text reaches only people who wrote to the number in the last 24 hours; a template reaches any number.",
        params,
        bodyExamples: messageExamples,
        documentedBody: documentedTestMessage,
        body: testMessageSchema,
        response: { 200: answer(sentSchema, "Bird accepted the message."), ...problems(404, 409, 502) },
      },
    },
    async (request) => deps.sendTestMessage(await reachId(request), request.body),
  );
  routes.delete(
    "/v1/installs/:id/connector",
    {
      config: { scope: "admin", reach: "workspaces" },
      schema: {
        operationId: "uninstall",
        tags: ["installs"],
        summary: "Delete an install's connector at Bird",
        description:
          "Ends the channel's messaging and frees the number for a new install. Repeating it is safe.",
        params,
        response: {
          200: answer(installSchema, "The install, with `uninstalledAt`."),
          ...problems(404, 409, 502),
        },
      },
    },
    async (request) => {
      const id = await reachId(request);
      const install = await withinReach(deps, callerOf(request), () => deps.uninstall(id, by(request)));
      deps.log.info(installLogIds(request, install), "connector deleted at Bird");
      return install;
    },
  );
};
