import { startApiRole } from "../../roles/api.ts";
import { openProducer } from "../../roles/producer.ts";
import { apiSettings, birdAccess, producerSettings } from "../../roles/settings.ts";
import { type RoleCommandDeps, runProcess } from "./process.ts";

/** `perch api`: takes requests until it is stopped. Run any number behind one address. */
export const apiCommand = (deps: RoleCommandDeps): Promise<number> =>
  runProcess(
    deps,
    { name: "api", connects: "api", readsFleet: true },
    async ({ role, connection, sealingKeys, seal }) => {
      const { config, dataDir, log, version } = deps;
      const { text } = await sealingKeys();
      const { url } = await startApiRole({
        ...role,
        connection,
        producer: await openProducer(role, { sealingKeys: text, ...producerSettings(config) }),
        seal: await seal(),
        settings: apiSettings(config, birdAccess(config), version),
        doctor: { settings: { config, problems: [] }, dataDir },
      });
      log.info({ url, keys: config.API_KEYS === undefined ? "none" : "set" }, "API runs");
    },
  );
