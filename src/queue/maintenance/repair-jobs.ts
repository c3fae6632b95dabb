import { z } from "zod";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import {
  choresQueueName,
  errandsQueueName,
  installsQueueName,
  type Keys,
  notificationsQueueName,
} from "../keyspace/keys.ts";

/** Jobs in hand that are looked at of each queue: more than a fleet has. */
const lookedAtMax = 2000;

/** What BullMQ parses of a job before it hands it to a worker, and what stands in for what is no JSON. */
const parsed = { data: "{}", opts: "{}" } as const;

/** Replaces a field of a job that is no JSON, unless it has changed meanwhile. Answers 1, or 0 when it has. */
const repairField = defineScript({
  name: "perchMend",
  keys: ["job"],
  args: ["field", "seen", "instead"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('HGET', job, field) ~= seen then return 0 end
redis.call('HSET', job, 'broken:' .. field, seen, field, instead)
return 1`,
});

/**
 * Makes jobs whose data are no JSON ones that a worker can be handed, so that they end like others that cannot be read.
 * BullMQ would throw while it takes one, leave it among those in hand, find it without a lock, and take it again, for
 * ever. What stood there is kept beside it, in `broken:data`.
 */
export const createRepairJobs = ({ client, keys }: { readonly client: RedisClient; readonly keys: Keys }) => {
  const home = keys.home();
  const queues = [
    ...keys.shards.map(({ prefix }) => `${prefix}:${installsQueueName}`),
    ...[choresQueueName, errandsQueueName, notificationsQueueName].map((name) => `${home.prefix}:${name}`),
  ];

  const repair = async (job: string): Promise<boolean> => {
    const names = ["data", "opts"] as const;
    const texts = await client.hmget(job, ...names);
    const broken = names.filter((_, at) => texts[at] != null && jsonOrUndefined(texts[at]) === undefined);
    for (const name of broken) {
      const text = texts[names.indexOf(name)] ?? "";
      await repairField(client, { job, field: name, seen: text, instead: parsed[name] });
    }
    return broken.length > 0;
  };

  /** @returns ids of those that were repaired. */
  return async (): Promise<readonly string[]> => {
    const repaired: string[] = [];
    for (const queue of queues) {
      const ids = await client.lrange(`${queue}:active`, 0, lookedAtMax - 1);
      const isRepaired = await Promise.all(ids.map((id) => repair(`${queue}:${id}`)));
      repaired.push(...ids.filter((_, at) => isRepaired[at]));
    }
    return repaired;
  };
};
