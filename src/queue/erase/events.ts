import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import { readMember } from "../matching/unmatched.ts";
import { namesNumber } from "./names-number.ts";
import { membersOf, pageSize } from "./walk.ts";

/** Removes the number from an unmatched event, so that a repeat of the event does not restore it. Answers 1, or 0 when the event is gone. */
const eraseEvent = defineScript({
  name: "perchEraseEvent",
  keys: ["event"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('EXISTS', event) == 0 then return 0 end
redis.call('HDEL', event, 'origin')
redis.call('HSET', event, 'erased', 1)
return 1`,
});

interface EventDeps {
  readonly client: RedisClient;
  readonly keys: Keys;
}

/** Erases a number from all events that matched no install, or could not be read, and returns how many those were. */
export const eraseEvents = async (deps: EventDeps, forms: readonly string[]): Promise<number> =>
  (await eraseUnmatched(deps, forms)) + (await eraseUnreadable(deps, forms));

/** The event stays, so that its connector still finds its install; the number in it goes, and comes with no repeat. */
const eraseUnmatched = async ({ client, keys }: EventDeps, forms: readonly string[]): Promise<number> => {
  let erased = 0;
  for (const shard of keys.shards) {
    for await (const members of membersOf(client, shard.unmatched)) {
      const events = members.map((member) => {
        const { workspaceId, slot } = readMember(member);
        return shard.unmatchedEvent(workspaceId, slot);
      });
      const origins = await Promise.all(events.map((event) => client.hget(event, "origin")));
      const its = events.filter((_, at) => namesNumber(origins[at] ?? "", forms));
      erased += (await Promise.all(its.map((event) => eraseEvent(client, { event })))).length;
    }
  }
  return erased;
};

const eraseUnreadable = async ({ client, keys }: EventDeps, forms: readonly string[]): Promise<number> => {
  const { unreadable } = keys.home();
  let erased = 0;
  for (let from = "-"; ; ) {
    const entries = await client.xrange(unreadable, from, "+", "COUNT", pageSize);
    const its = entries.filter(([, fields]) => namesNumber(fields.join(" "), forms)).map(([id]) => id);
    if (its.length > 0) erased += await client.xdel(unreadable, ...its);
    const last = entries.at(-1)?.[0];
    if (last === undefined) return erased;
    from = `(${last}`;
  }
};
