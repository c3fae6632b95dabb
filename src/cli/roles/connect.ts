import { startConnectRole } from "../../roles/connect.ts";
import { openAdmin } from "../../roles/metrics.ts";
import { openProducer } from "../../roles/producer.ts";
import { connectSettings, producerSettings } from "../../roles/settings.ts";
import { type RoleCommandDeps, runProcess } from "./process.ts";

/** `perch connect`: takes customers through Meta's signup until it is stopped. Run any number behind one address. */
export const connectCommand = (deps: RoleCommandDeps): Promise<number> =>
  runProcess(
    deps,
    { name: "connect", connects: "connect", readsFleet: false },
    async ({ role, connection, sealingKeys, seal }) => {
      const { config, log } = deps;
      const { text } = await sealingKeys();
      const admin = await openAdmin(
        { ...role, connection },
        {
          service: "connect_admin",
          setting: "CONNECT_ADMIN_PORT",
          host: config.ADMIN_HOST,
          port: config.CONNECT_ADMIN_PORT,
        },
      );
      const { url } = await startConnectRole({
        ...role,
        connection,
        producer: await openProducer(role, { sealingKeys: text, ...producerSettings(config) }),
        seal: await seal(),
        settings: connectSettings(config),
      });
      log.info({ url, publicUrl: config.CONNECT_PUBLIC_URL, admin }, "connect service runs");
    },
  );
