import { type Api, type ApiSettings, startApi } from "../api/api.ts";
import type { Producer } from "../producer/producer.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import { listenOrExplain } from "./listen-or-explain.ts";
import { connectRole, type RoleDeps } from "./role.ts";

/** Starts an API over a producer. */
export const startApiRole = async (
  deps: RoleDeps & {
    readonly producer: Producer;
    readonly seal: Seal;
    readonly settings: ApiSettings;
  },
): Promise<Api> => {
  const { keys, producer, seal, settings, metrics, traces, log, opened } = deps;
  const connection = deps.connection ?? (await connectRole("api", deps));
  const api = await listenOrExplain("API_PORT", settings.port, (port) =>
    startApi({
      ...connection,
      keys,
      producer,
      seal,
      settings: { ...settings, port },
      metrics: metrics?.forApi(),
      traces: traces?.forApi(),
      log,
    }),
  );
  opened.defer(api.close);
  return api;
};
