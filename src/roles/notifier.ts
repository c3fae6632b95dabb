import { startNotifier } from "../notify/notifier.ts";
import { createFindTrace } from "../queue/installs/trace.ts";
import { connectRole, type RoleDeps } from "./role.ts";

type NotifierDeps = Parameters<typeof startNotifier>[0];

/** Starts a notifier. */
export const startNotifierRole = async ({
  connection,
  metrics,
  traces,
  opened,
  ...deps
}: RoleDeps & Pick<NotifierDeps, "digests" | "settings" | "version">): Promise<void> => {
  const { client, probe } = connection ?? (await connectRole("notifier", { ...deps, opened }));
  const notifier = await startNotifier({
    ...deps,
    client,
    probe,
    ...metrics?.forNotifier(),
    traces: traces?.forNotifier({ findTrace: createFindTrace({ client, keys: deps.keys }) }),
  });
  opened.defer(() => notifier.close());
};
