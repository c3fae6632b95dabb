import type { InspectedConfig } from "../../config/config.ts";
import { SkipCheck } from "../../doctor/skip-check.ts";
import { startPrivateRedis } from "../open/start-private-redis.ts";

/** The address of Redis. A private one is started first, which takes a while when it has much data to load. */
export const findRedis = async (
  { settings, dataDir }: { readonly settings: InspectedConfig; readonly dataDir: string },
  opened: AsyncDisposableStack,
): Promise<() => Promise<string>> => {
  const { REDIS_URL, REDIS_SERVER_BIN: serverBin } = settings.config;
  if (settings.problems.some(({ name }) => name === "REDIS_URL"))
    return () => Promise.reject(new SkipCheck("REDIS_URL is wrong."));
  if (REDIS_URL !== undefined) return async () => REDIS_URL;
  try {
    const embedded = await startPrivateRedis({ dataDir, serverBin, allowDownload: false });
    opened.defer(() => embedded.stop());
    return async () => embedded.url;
  } catch (error) {
    return () => Promise.reject(error);
  }
};
