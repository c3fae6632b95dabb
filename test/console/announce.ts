import { startNotifier } from "../../src/notify/notifier.ts";
import { createNotifications } from "../../src/queue/outbox/notifications.ts";
import { createWriteProbe } from "../../src/queue/redis-state/write-probe.ts";
import type { Stack } from "../support/stack.ts";
import { testDigests } from "../support/test-digests.ts";
import { until } from "../support/until.ts";

/** Announces ends of installs to a receiver, which the stack's notifier sends until they are given up. */
export const announce = async (
  { client, keys: redisKeys, log }: Stack,
  url: string,
  subjects: readonly string[],
): Promise<AsyncDisposable> => {
  const opened = new AsyncDisposableStack();
  const of = { client, keys: redisKeys, digests: testDigests };
  const notifications = createNotifications({ ...of, now: Date.now, retentionMs: 3_600_000 });
  opened.defer(() => notifications.close());
  const notifier = await startNotifier({
    ...of,
    probe: createWriteProbe({ client, keys: redisKeys }),
    log,
    settings: {
      secrets: [`whsec_${Buffer.from("a secret of thirty-two characters").toString("base64")}`],
      ...{ allowPrivate: true, timeoutMs: 5000, concurrency: 10 },
    },
    scheduleMs: [0, 5],
    random: () => 0,
    version: "0.0.0-test",
  });
  opened.defer(() => notifier.close({ graceMs: 100 }));
  for (const subjectId of subjects)
    await notifications.announce({ type: "install.completed", subjectId, url, data: { id: subjectId } });
  await until("all were tried", async () => {
    const { items } = await notifications.list({ limit: 10 });
    return items.length === subjects.length && items.every(({ status }) => status !== "pending");
  });
  return opened;
};
