import { type Api, startApi } from "../api/api.ts";
import type { ApiSettings } from "../api/settings.ts";
import { createDoctor } from "../doctor/doctor.ts";
import type { DoctorDeps } from "../doctor/with-context.ts";
import { createCheckRow } from "../producer/import/check-rows.ts";
import type { Producer } from "../producer/producer.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import { openCheckNumber } from "./check-number.ts";
import { listenOrExplain } from "./listen-or-explain.ts";
import { observeMeta } from "./observe-meta.ts";
import { connectRole, type RoleDeps } from "./role.ts";

/** Starts an API over a producer. */
export const startApiRole = async (
  deps: RoleDeps & {
    readonly producer: Producer;
    readonly seal: Seal;
    readonly settings: ApiSettings;
    /** What the doctor checks. */
    readonly doctor: Pick<DoctorDeps, "settings" | "dataDir">;
  },
): Promise<Api> => {
  const { redisUrl, keys, producer, seal, settings, metrics, traces, log, opened } = deps;
  const connection = deps.connection ?? (await connectRole("api", deps));
  const observe = observeMeta({ metrics, traces });
  const { meta, metaReadsPerSecond: readsPerSecond = 20 } = settings;
  const check =
    meta && openCheckNumber({ ...meta, readsPerSecond }, { ...connection, keys, opened, observe });
  const doctor = createDoctor({ ...deps.doctor, keys, redisUrl: async () => deps.redisUrl });
  const api = await listenOrExplain("API_PORT", settings.port, (port) =>
    startApi({
      ...connection,
      redisUrl,
      keys,
      producer,
      seal,
      settings: { ...settings, port },
      checkRow: check && createCheckRow({ check }),
      runDoctor: doctor.run,
      observeMeta: observe,
      metrics: metrics?.forApi(),
      traces: traces?.forApi(),
      log,
    }),
  );
  opened.defer(api.close);
  return api;
};
