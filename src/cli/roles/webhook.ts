import { openAdmin } from "../../roles/metrics.ts";
import { webhookSettings } from "../../roles/settings.ts";
import { startWebhookRole } from "../../roles/webhook.ts";
import { type RoleCommandDeps, runProcess } from "./process.ts";

/** `perch webhook`: takes Bird's events until it is stopped. Run any number behind one address. */
export const webhookCommand = (deps: RoleCommandDeps): Promise<number> =>
  runProcess(
    deps,
    { name: "webhook", connects: "webhook", readsFleet: false },
    async ({ role, connection }) => {
      const { config, log } = deps;
      const settings = webhookSettings(config);
      if (settings.signingSecret === undefined && settings.signingKeys.length === 0)
        log.warn("Every event will be refused: set WEBHOOK_SIGNING_SECRET or WEBHOOK_SIGNING_KEYS.");
      const admin = await openAdmin(
        { ...role, connection },
        {
          service: "webhook_admin",
          setting: "WEBHOOK_ADMIN_PORT",
          host: config.ADMIN_HOST,
          port: config.WEBHOOK_ADMIN_PORT,
        },
      );
      const { url } = await startWebhookRole({ ...role, connection, settings });
      log.info({ url, publicUrl: config.WEBHOOK_PUBLIC_URL, admin }, "webhook service runs");
    },
  );
