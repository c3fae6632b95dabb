import { createFindTrace } from "../queue/installs/trace.ts";
import { startWebhook, type Webhook, type WebhookSettings } from "../webhook/webhook.ts";
import { listenOrExplain } from "./listen-or-explain.ts";
import { connectRole, type RoleDeps } from "./role.ts";

/** Starts a webhook service. */
export const startWebhookRole = async (
  deps: RoleDeps & { readonly settings: WebhookSettings },
): Promise<Webhook> => {
  const { keys, settings, metrics, traces, log, opened } = deps;
  const { client, probe } = deps.connection ?? (await connectRole("webhook", deps));
  const counted = metrics?.forWebhook();
  const webhook = await listenOrExplain("WEBHOOK_PORT", settings.port, (port) =>
    startWebhook({
      client,
      keys,
      probe,
      settings: { ...settings, port },
      metrics: counted,
      traces: traces?.forWebhook({ findTrace: createFindTrace({ client, keys }) }),
      log,
    }),
  );
  opened.defer(webhook.close);
  return webhook;
};
