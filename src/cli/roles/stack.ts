import { randomBytes } from "node:crypto";
import { workspaceSigningKey } from "../../bird/signature.ts";
import type { Producer } from "../../producer/producer.ts";
import { startApiRole } from "../../roles/api.ts";
import { listenOrExplain } from "../../roles/listen-or-explain.ts";
import { startNotifierRole } from "../../roles/notifier.ts";
import { openProducer } from "../../roles/producer.ts";
import {
  apiSettings,
  birdAccess,
  notifierSettings,
  producerSettings,
  webhookSettings,
  workerSettings,
} from "../../roles/settings.ts";
import { startWebhookRole } from "../../roles/webhook.ts";
import { startWorkerRole } from "../../roles/worker.ts";
import type { SandboxOptions } from "../../sandbox/options.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { cliRequester } from "../open/requester.ts";
import { openProcess, type RoleCommandDeps } from "./process.ts";

/** All roles in one process. */
interface Stack {
  readonly producer: Producer;
  readonly apiUrl: string;
  readonly webhookUrl: string;
  /** Undefined when it talks to Bird. */
  readonly sandbox: Sandbox | undefined;
  readonly isRedisEmbedded: boolean;
  close(): Promise<void>;
}

/**
 * Starts every role: a private Redis unless there is one, the sandbox unless there is a key for Bird, the
 * webhook service, a worker, a notifier, a producer and the API. What was started before a failure is closed again.
 */
export const startStack = async (
  deps: RoleCommandDeps & { readonly sandbox?: SandboxOptions | undefined },
): Promise<Stack> => {
  const { log, version } = deps;
  await using opened = new AsyncDisposableStack();
  const process = await openProcess(opened, deps, {
    name: "start",
    connects: "api",
    readsFleet: true,
  });
  const { role, connection, isEmbedded } = process;
  const seal = await process.seal();

  const isSandboxed = deps.config.BIRD_ACCESS_KEY === undefined;
  const signingSecret =
    deps.config.WEBHOOK_SIGNING_SECRET ?? (isSandboxed ? randomBytes(32).toString("hex") : undefined);
  const config = { ...deps.config, WEBHOOK_SIGNING_SECRET: signingSecret };
  const webhook = await startWebhookRole({ ...role, settings: webhookSettings(config) });

  const sandbox = isSandboxed
    ? await listenOrExplain("SANDBOX_PORT", config.SANDBOX_PORT, (port) =>
        startSandbox({
          port,
          log: (message) => log.debug(message),
          subscribeAll: {
            url: `${config.WEBHOOK_PUBLIC_URL ?? webhook.url}/webhooks/bird/{workspaceId}`,
            signingKey: (workspaceId) => workspaceSigningKey(signingSecret ?? "", workspaceId),
            events: ["channel.created", "channel.updated"],
          },
          ...deps.sandbox,
        }),
      )
    : undefined;
  if (sandbox !== undefined) opened.defer(sandbox.close);
  const bird = sandbox ?? birdAccess(config);

  const birdOrganizationId = sandbox?.organizationId ?? config.BIRD_ORGANIZATION_ID;
  await startWorkerRole({
    ...role,
    seal,
    settings: { ...workerSettings(config, bird), birdOrganizationId },
  });
  await startNotifierRole({
    ...role,
    digests: seal.digests,
    settings: notifierSettings(config),
    version,
  });
  const producer = await openProducer(role, {
    sealingKeys: (await process.sealingKeys()).text,
    ...producerSettings(config),
    requestedBy: cliRequester(),
  });
  const settings = apiSettings(config, bird, version);
  const api = await startApiRole({
    ...role,
    connection,
    producer,
    seal,
    settings: { ...settings, meta: settings.meta ?? sandbox?.meta },
  });
  const all = opened.move();
  return {
    producer,
    apiUrl: api.url,
    webhookUrl: webhook.url,
    sandbox,
    isRedisEmbedded: isEmbedded,
    close: () => all.disposeAsync(),
  };
};
