import { randomBytes } from "node:crypto";
import { type ConnectAddress, connectUrl } from "../../api/connect-links.ts";
import { workspaceSigningKey } from "../../bird/signature.ts";
import type { Config } from "../../config/config.ts";
import type { ConnectLinkRequest } from "../../install/connect-link.ts";
import type { Producer } from "../../producer/producer.ts";
import { createMakeLink } from "../../queue/links/make-link.ts";
import { startApiRole } from "../../roles/api.ts";
import { startConnectRole } from "../../roles/connect.ts";
import { listenOrExplain } from "../../roles/listen-or-explain.ts";
import { startNotifierRole } from "../../roles/notifier.ts";
import { openProducer } from "../../roles/producer.ts";
import {
  apiSettings,
  birdAccess,
  connectSettings,
  consoleDir,
  notifierSettings,
  preflightSettings,
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
  /** Whether the API serves the console at `/`. */
  readonly hasConsole: boolean;
  readonly webhookUrl: string;
  /** Where customers open connect links; undefined without an app at Meta. */
  readonly connectUrl: string | undefined;
  /** Makes a connect link and returns its address with the secret; undefined without an app at Meta. */
  readonly makeConnectLink: ((request: ConnectLinkRequest) => Promise<string>) | undefined;
  /** Undefined when it talks to Bird. */
  readonly sandbox: Sandbox | undefined;
  /** Address of the private Redis, if it is that. */
  readonly privateRedisUrl: string | undefined;
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
          pageDir: consoleDir,
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
    meta: preflightSettings(config, sandbox?.meta),
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
  const connect = await startConnect(config, { ...role, connection, producer, seal, sandbox });
  const settings = apiSettings(config, bird, version);
  const api = await startApiRole({
    ...role,
    connection,
    producer,
    seal,
    settings: { ...settings, birdOrganizationId, meta: settings.meta ?? sandbox?.meta, connect },
    doctor: { settings: { config, problems: [] }, dataDir: deps.dataDir },
  });
  const all = opened.move();
  return {
    producer,
    apiUrl: api.url,
    hasConsole: api.hasConsole,
    webhookUrl: webhook.url,
    connectUrl: connect?.publicUrl,
    makeConnectLink:
      connect &&
      (async (request) => {
        const { client, keys } = { ...connection, ...role };
        const make = createMakeLink({ client, keys, seal, retentionMs: config.RETENTION_MS });
        const { link, secret } = await make(request, { requestedBy: cliRequester() });
        return connectUrl(connect.publicUrl, link.id, secret);
      }),
    sandbox,
    privateRedisUrl: isEmbedded ? role.redisUrl : undefined,
    close: () => all.disposeAsync(),
  };
};

/** The login configuration of the simulated Meta; it takes any. */
const sandboxConfigId = "1";

/**
 * Starts the connect service when there is an app at Meta, or the sandbox in its place.
 *
 * @returns where links lead; undefined: there is none.
 */
const startConnect = async (
  config: Config,
  {
    sandbox,
    ...role
  }: Omit<Parameters<typeof startConnectRole>[0], "settings"> & { readonly sandbox: Sandbox | undefined },
): Promise<ConnectAddress | undefined> => {
  const isComplete = [config.META_APP_ID, config.META_APP_SECRET, config.META_CONFIG_ID].every(
    (setting) => setting !== undefined,
  );
  if (!isComplete && sandbox === undefined) return undefined;
  const simulated = sandbox && {
    ...sandbox.meta,
    configId: sandboxConfigId,
    sdkUrl: `${sandbox.url}/meta/sdk.js`,
  };
  const settings = connectSettings(config, isComplete ? undefined : simulated);
  const { url } = await startConnectRole({ ...role, settings });
  return { publicUrl: config.CONNECT_PUBLIC_URL ?? url, redirectHosts: settings.redirectHosts };
};
