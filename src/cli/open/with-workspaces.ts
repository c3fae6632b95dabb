import { createPrepareWorkspace, type PrepareWorkspace } from "../../bird/prepare-workspace.ts";
import { createSubscriptions } from "../../bird/subscriptions.ts";
import { createReadBudget } from "../../queue/gate/budget.ts";
import { createHolds, type Holds } from "../../queue/gate/holds.ts";
import { createSeal } from "../../queue/secrets/seal.ts";
import { type AccessKeyStore, createAccessKeyStore } from "../../queue/workspaces/access-keys.ts";
import { createResumeWorkspace, type Resumption } from "../../queue/workspaces/held-installs.ts";
import {
  createSubscriptionStates,
  type SubscriptionStates,
} from "../../queue/workspaces/subscription-states.ts";
import { receiverOf } from "../../roles/settings.ts";
import type { CommandDeps } from "./command-deps.ts";
import { openBird } from "./open-bird.ts";
import { openQueue } from "./open-queue.ts";
import { openRedis } from "./open-redis.ts";
import { openSealingKeys } from "./open-sealing-keys.ts";
import { cliRequester } from "./requester.ts";

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
  const redis = await openRedis({ ...deps, shards: "look" });
  opened.defer(redis.close);
  const sealingKeys = await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir });
  const { client, keys, matching } = await openQueue(redis, { retentionMs: config.RETENTION_MS, opened });
  const seal = createSeal(sealingKeys.keys);
  const holds = createHolds({ client, keys, baseMs: config.HOLD_BASE_MS, capMs: config.HOLD_CAP_MS });
  const bird = openBird({ client, keys, seal }, { config, opened });
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
      requestTimeoutMs: config.BIRD_REQUEST_TIMEOUT_MS,
    }),
    accessKeys: createAccessKeyStore({ client, keys, seal }),
    states,
    findHold: holds.find,
    resume: createResumeWorkspace({ client, keys, holds, matching, requestedBy: cliRequester() }),
  });
};
