import { createBirdClient } from "../bird/bird-client.ts";
import { createPrepareWorkspace, type PrepareWorkspace } from "../bird/prepare-workspace.ts";
import { createSubscriptions } from "../bird/subscriptions.ts";
import { type AccessKeyStore, createAccessKeyStore, createAccessKeys } from "../queue/access-keys.ts";
import { closeRedis, connectRedis } from "../queue/connection.ts";
import { createResumeWorkspace, type Resumption } from "../queue/held-installs.ts";
import { createHolds, type Holds } from "../queue/holds.ts";
import { createInstallsQueue } from "../queue/installs-queue.ts";
import { createKeys } from "../queue/keys.ts";
import { createMatching } from "../queue/matching.ts";
import { createReadBudget } from "../queue/read-budget.ts";
import { createSeal } from "../queue/seal.ts";
import { parseSealingKeys } from "../queue/sealing-keys.ts";
import { createSubscriptionStates, type SubscriptionStates } from "../queue/subscription-states.ts";
import type { CommandDeps } from "./command-deps.ts";
import { openRedis } from "./open-redis.ts";
import { openSealingKeys } from "./open-sealing-keys.ts";
import { receiverOf } from "./role-settings.ts";

/** What commands that act on workspaces work with. */
interface OpenWorkspaces {
  readonly prepare: PrepareWorkspace;
  readonly accessKeys: AccessKeyStore;
  readonly states: Pick<SubscriptionStates, "forget">;
  readonly findHold: Holds["find"];
  readonly resume: (workspaceId: string) => Promise<Resumption>;
}

/** Runs a command that talks to Bird about workspaces, or says with which key to talk. */
export const withWorkspaces = async <T>(
  deps: CommandDeps,
  run: (open: OpenWorkspaces) => Promise<T>,
): Promise<T> => {
  const { config, dataDir } = deps;
  await using opened = new AsyncDisposableStack();
  const redis = await openRedis(deps);
  opened.defer(redis.close);
  const sealingKeys = await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir });
  const client = await connectRedis(redis.url, { whenAway: "fail", name: "command" });
  opened.defer(() => closeRedis(client));
  const keys = createKeys();
  const seal = createSeal(parseSealingKeys(sealingKeys) ?? []);
  const queue = createInstallsQueue({ client, keys });
  opened.defer(() => queue.close());
  const matching = createMatching({ client, queue, keys, retentionMs: config.RETENTION_MS });
  const holds = createHolds({ client, keys, baseMs: config.HOLD_BASE_MS, capMs: config.HOLD_CAP_MS });
  const requestTimeoutMs = config.BIRD_REQUEST_TIMEOUT_MS;
  const bird = createBirdClient({
    baseUrl: config.BIRD_API_URL,
    accessKey: createAccessKeys({ client, keys, seal, defaultKey: config.BIRD_ACCESS_KEY ?? "" }),
    requestTimeoutMs,
  });
  opened.defer(async () => bird.close());
  const organizationId = config.BIRD_ORGANIZATION_ID;
  const states = createSubscriptionStates({ client, keys });
  const budget = { perSecond: config.BIRD_GETS_PER_SECOND };
  return await run({
    prepare: createPrepareWorkspace({
      subscriptions:
        organizationId === undefined ? undefined : createSubscriptions({ client: bird, organizationId }),
      receiver: receiverOf(config),
      states,
      takeRead: createReadBudget({ client, keys, budget, now: Date.now }).take,
      requestTimeoutMs,
    }),
    accessKeys: createAccessKeyStore({ client, keys, seal }),
    states,
    findHold: holds.find,
    resume: createResumeWorkspace({ client, keys, holds, matching }),
  });
};
