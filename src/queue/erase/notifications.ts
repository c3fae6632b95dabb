import { z } from "zod";
import { InstallStateError } from "../../install/errors/errors.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { NotificationsQueue } from "../outbox/data.ts";
import { hasAny } from "./names-number.ts";
import { membersOf } from "./walk.ts";

/** A notification of an install, as far as it says which number that is of. */
const aboutSchema = z.object({ payload: z.object({ data: z.object({ phoneNumber: z.string() }) }) });

const isAbout = (text: string | null | undefined, forms: readonly string[]): boolean =>
  hasAny(text, forms) &&
  // Of one that cannot be read nothing says that the number in it is another's.
  [...forms, undefined].includes(aboutSchema.safeParse(jsonOrUndefined(text)).data?.payload.data.phoneNumber);

/** Removes the notifications of a number and returns how many. @throws {InstallStateError} one is just being sent. */
export const eraseNotifications = async (
  deps: {
    readonly client: RedisClient;
    readonly keys: Keys;
    readonly notificationsQueue: Pick<NotificationsQueue, "remove">;
  },
  forms: readonly string[],
): Promise<number> => {
  const { client, keys, notificationsQueue } = deps;
  const home = keys.home();
  let erased = 0;
  for await (const ids of membersOf(client, home.notifications)) {
    const texts = await Promise.all(ids.map((id) => client.hget(home.notificationJob(id), "data")));
    const itsIds = ids.filter((_, at) => isAbout(texts[at], forms));
    for (const id of itsIds) {
      if ((await notificationsQueue.remove(id)) !== 1)
        throw new InstallStateError(`Notification ${id} is just being sent: try again in a moment.`);
      await Promise.all([client.zrem(home.notifications, id), client.zrem(home.pendingNotifications, id)]);
      erased += 1;
    }
  }
  return erased;
};
