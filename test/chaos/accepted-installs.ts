import type { Install } from "../../src/install/install.ts";
import type { Producer } from "../../src/producer/producer.ts";
import { RedisUnavailableError } from "../../src/redis/errors.ts";
import { until } from "../support/until.ts";

/** All installs that somebody was told: the first ones of the numbers, and more of some. */
export const allIds = (
  ids: ReadonlyMap<number, string>,
  more: ReadonlyMap<number, ReadonlySet<string>>,
): Set<string> => new Set([...ids.values(), ...[...more.values()].flatMap((ofNumber) => [...ofNumber])]);

/** By id; lacking where there is none. */
export const findAll = async (ids: readonly string[], producer: Producer): Promise<Map<string, Install>> => {
  const found = new Map<string, Install>();
  for (let first = 0; first < ids.length; first += 500) {
    // Redis may have been restarted a moment ago, and still load its data.
    const installs = await until("Redis answers", () =>
      producer.installs.findMany(ids.slice(first, first + 500)).catch((error: unknown) => {
        if (error instanceof RedisUnavailableError) return undefined;
        throw error;
      }),
    );
    for (const install of installs) if (install !== undefined) found.set(install.id, install);
  }
  return found;
};
