import { type BirdClient, createBirdClient } from "../../bird/bird-client.ts";
import type { Config } from "../../config/config.ts";
import type { Keys } from "../../queue/keyspace/keys.ts";
import type { Seal } from "../../queue/secrets/seal.ts";
import { createAccessKeys } from "../../queue/workspaces/access-keys.ts";
import type { RedisClient } from "../../redis/client.ts";

/** Bird as a command calls it: with a workspace's own access key where there is one. `opened` closes it. */
export const openBird = (
  deps: { readonly client: RedisClient; readonly keys: Keys; readonly seal: Seal },
  { config, opened }: { readonly config: Config; readonly opened: AsyncDisposableStack },
): BirdClient => {
  const bird = createBirdClient({
    baseUrl: config.BIRD_API_URL,
    accessKey: createAccessKeys({ ...deps, defaultKey: config.BIRD_ACCESS_KEY ?? "" }),
    requestTimeoutMs: config.BIRD_REQUEST_TIMEOUT_MS,
  });
  opened.defer(async () => bird.close());
  return bird;
};
