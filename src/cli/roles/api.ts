import { createSeal } from "../../queue/secrets/seal.ts";
import { startApiRole } from "../../roles/api.ts";
import { openProducer } from "../../roles/producer.ts";
import { apiSettings, birdAccess, producerSettings } from "../../roles/settings.ts";
import { openSealingKeys } from "../open/open-sealing-keys.ts";
import { type RoleCommandDeps, runProcess } from "./process.ts";

/** `perch api`: takes requests until it is told to stop. Run any number behind one address. */
export const apiCommand = (deps: RoleCommandDeps): Promise<number> =>
  runProcess(
    deps,
    { name: "api", connects: "api", readsFleet: true },
    async ({ role, connection, isEmbedded }) => {
      const { config, dataDir, log, version } = deps;
      const { text, keys } = await openSealingKeys(config, { isEmbedded, dataDir });
      const producer = await openProducer(role, { sealingKeys: text, ...producerSettings(config) });
      const seal = createSeal(keys);
      const settings = apiSettings(config, birdAccess(config), version);
      const { url } = await startApiRole({ ...role, connection, producer, seal, settings });
      log.info({ url, keys: config.API_KEYS === undefined ? "none" : "set" }, "API runs");
    },
  );
