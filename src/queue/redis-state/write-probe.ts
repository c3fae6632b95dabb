import { Command } from "ioredis";
import type { RedisClient } from "../../redis/client.ts";
import { type RedisFault, RedisUnavailableError, redisFault, redisFaultOf } from "../../redis/errors.ts";
import { refusalsOf } from "../../redis/wait-out-refusals.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";

/** How long Redis may take for one write before it counts as not answering. */
const limitMs = 1000;
/** An answer this young is given again, so that probes cost Redis a write a second at most. */
const youngMs = 1000;
/** How long what was written stays. */
const keptMs = 60_000;

/** A script, because that is how Perch writes, and with a write that needs memory, because a full Redis refuses only those. */
const script = "return redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])";

/**
 * Whether Redis takes writes, by writing a few bytes to each shard: undefined when it does, else what keeps it from that.
 *
 * @throws what Redis says that is none of its known faults.
 */
export type WriteProbe = () => Promise<RedisFault | undefined>;

export const createWriteProbe = (deps: { readonly client: RedisClient; readonly keys: Keys }): WriteProbe => {
  const { client, keys } = deps;
  const send = refusalsOf(client)?.sendAtOnce ?? ((command: Command) => client.sendCommand(command));
  let asked: { readonly answer: Promise<RedisFault | undefined>; doneMs: number } | undefined;

  const write = async (key: string): Promise<RedisFault | undefined> => {
    const command = new Command("eval", [script, 1, key, keptMs], { replyEncoding: "utf8" });
    send(command);
    try {
      await command.promise;
      return undefined;
    } catch (error) {
      const fault = redisFaultOf(error);
      if (fault === undefined) throw error;
      return fault;
    }
  };

  const writeAll = async (): Promise<RedisFault | undefined> => {
    const faults = await eachShard(keys, ({ probe }) => write(probe));
    return faults.find((fault) => fault !== undefined);
  };

  return async () => {
    // One at a time, however long it takes: a connection that waits would collect them.
    if (asked === undefined || performance.now() - asked.doneMs > youngMs) {
      const asking = { answer: writeAll(), doneMs: Number.POSITIVE_INFINITY };
      asked = asking;
      const done = (): void => {
        asking.doneMs = performance.now();
      };
      asking.answer.then(done, done);
    }
    return within(asked.answer);
  };
};

/** Resolves when Redis takes writes. @throws {RedisUnavailableError} */
export const createReady = (probe: WriteProbe) => async (): Promise<void> => {
  const fault = await probe();
  if (fault !== undefined) throw new RedisUnavailableError(fault);
};

const within = async (answer: Promise<RedisFault | undefined>): Promise<RedisFault | undefined> => {
  const late = Promise.withResolvers<RedisFault>();
  const timer = setTimeout(() => late.resolve(redisFault("timeout")), limitMs);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
