import { type Connect, type ConnectSettings, startConnect } from "../connect/connect.ts";
import type { Producer } from "../producer/producer.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import { listenOrExplain } from "./listen-or-explain.ts";
import { observeMeta } from "./observe-meta.ts";
import { connectRole, type RoleDeps } from "./role.ts";

/** Starts a connect service over a producer. */
export const startConnectRole = async (
  deps: RoleDeps & {
    readonly producer: Producer;
    readonly seal: Seal;
    readonly settings: ConnectSettings;
  },
): Promise<Connect> => {
  const { keys, producer, seal, settings, metrics, traces, log, opened } = deps;
  const connection = deps.connection ?? (await connectRole("connect", deps));
  const connect = await listenOrExplain("CONNECT_PORT", settings.port, (port) =>
    startConnect({
      ...connection,
      keys,
      producer,
      seal,
      settings: { ...settings, port },
      metrics: metrics?.forConnect(),
      observeMeta: observeMeta({ metrics, traces }),
      traces: traces?.forConnect(),
      log,
    }),
  );
  opened.defer(connect.close);
  return connect;
};
