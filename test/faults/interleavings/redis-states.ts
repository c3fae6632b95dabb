import type { RedisClient } from "../../../src/redis/client.ts";
import { redisFaultOf } from "../../../src/redis/errors.ts";
import type { Operation } from "./operation.ts";

type RedisOperation = Extract<Operation, { readonly kind: "redis" }>;

/** What an operation did to a state of Redis. */
export interface Effect {
  readonly reply: unknown;
  /** The state after it. */
  readonly state: number;
  /** What Redis said instead of doing it. */
  readonly refused?: string | undefined;
}

/** How Redis is brought to refuse writes, and to take them again: a setting and its two values. */
const refusing = {
  full: ["maxmemory", "1", "0"],
  "without its replicas": ["min-replicas-to-write", "1", "0"],
} as const;
export type Refusing = keyof typeof refusing;

/** Makes Redis hold exactly a stored state. A lock is given a time to live, as BullMQ does. */
const loadLua = `
for _, key in ipairs(KEYS) do redis.call('DEL', key) end
for _, entry in ipairs(cjson.decode(ARGV[1])) do
  local key, type, values = KEYS[entry[1]], entry[2], entry[3]
  if type == 'string' then redis.call('SET', key, values[1])
  elseif type == 'hash' then redis.call('HSET', key, unpack(values))
  elseif type == 'list' then redis.call('RPUSH', key, unpack(values))
  else for i = 1, #values, 2 do redis.call('ZADD', key, values[i + 1], values[i]) end end
  if string.sub(key, -5) == ':lock' then redis.call('PEXPIRE', key, 30000) end
end`;

/** Reads all that counts of the first ARGV[1] keys, in a fixed order, as JSON. */
const dumpLua = `
local forgotten = {processedOn = 1, delay = 1, stacktrace = 1}
local moments = {finishedOn = 1, cancelAt = 1, uninstallingAt = 1, uninstalledAt = 1}
local entries = {}
for index = 1, tonumber(ARGV[1]) do
  local key = KEYS[index]
  local type, values = redis.call('TYPE', key).ok, nil
  if type == 'string' then values = {redis.call('GET', key)}
  elseif type == 'list' then values = redis.call('LRANGE', key, 0, -1)
  elseif type == 'zset' then values = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  elseif type == 'hash' then
    values = {}
    local names = redis.call('HKEYS', key)
    table.sort(names)
    for _, name in ipairs(names) do
      if forgotten[name] ~= 1 then
        values[#values + 1] = name
        values[#values + 1] = moments[name] and '1' or redis.call('HGET', key, name)
      end
    end
  end
  if values then entries[#entries + 1] = {index, type, values} end
end
return cjson.encode(entries)`;

/**
 * The states Redis goes through, computed by a real Redis: load a state, run the operation, read the state.
 * So scripts are the real ones, of Perch and of BullMQ, with the real semantics. Each operation runs once in
 * each state; after that its effect is known.
 *
 * @param keys.kept What makes up a state, in this order.
 * @param keys.dropped Touched too, but no part of a state: event streams, counters, timelines.
 * @param options.refusing How Redis refuses the writes that it is to refuse. Its settings are then changed, so it
 * must be the test's own.
 */
export const createRedisStates = (
  client: RedisClient,
  keys: { readonly kept: readonly string[]; readonly dropped: readonly string[] },
  options: { readonly refusing?: Refusing | undefined } = {},
) => {
  const allKeys = [...keys.kept, ...keys.dropped];
  const states: string[] = [];
  const ids = new Map<string, number>();
  const effects = new Map<string, Effect>();
  const loaded = new Set<string>();

  const load = (state: string) => client.eval(loadLua, allKeys.length, ...allKeys, state);
  const dump = async (): Promise<number> => {
    const text = String(await client.eval(dumpLua, allKeys.length, ...allKeys, keys.kept.length));
    const known = ids.get(text);
    if (known !== undefined) return known;
    ids.set(text, states.length);
    return states.push(text) - 1;
  };

  const send = async ({ name, lua, args }: RedisOperation): Promise<unknown> => {
    if (lua === undefined) return client.call(name, [...args]);
    return client.call("evalsha", [...args]);
  };

  const [setting, hard, easy] = refusing[options.refusing ?? "full"];

  /** The operation while Redis refuses: scripts that have written already, and what frees memory, may be taken. */
  const sendRefused = async (operation: RedisOperation): Promise<unknown> => {
    const [, told] = await Promise.all([
      client.call("config", ["set", setting, hard]),
      send(operation).catch((error: unknown) => {
        if (redisFaultOf(error) === undefined) throw error;
        return error;
      }),
      client.call("config", ["set", setting, easy]),
    ]);
    return told;
  };

  const run = async (state: number, operation: RedisOperation, isRefusing: boolean): Promise<Effect> => {
    const { lua } = operation;
    if (lua !== undefined && !loaded.has(lua)) {
      await client.script("LOAD", lua);
      loaded.add(lua);
    }
    const [, reply, next] = await Promise.all([
      load(states[state] ?? "[]"),
      isRefusing ? sendRefused(operation) : send(operation),
      dump(),
    ]);
    if (reply instanceof Error) return { reply: undefined, state: next, refused: reply.message };
    return { reply: steady(operation, reply), state: next };
  };

  return {
    /** The state Redis is in now. */
    current: dump,
    text: (state: number): string => states[state] ?? "[]",
    count: () => ({ states: states.length, effects: effects.size }),
    run: (state: number, operation: RedisOperation, isRefusing = false): Effect | Promise<Effect> => {
      const key = `${isRefusing} ${state} ${operation.name} ${operation.args.map(textOf).join(" ")}`;
      return (
        effects.get(key) ??
        run(state, operation, isRefusing).then((effect) => {
          effects.set(key, effect);
          return effect;
        })
      );
    },
  };
};

export type RedisStates = ReturnType<typeof createRedisStates>;

const textOf = (arg: string | Buffer): string => (typeof arg === "string" ? arg : arg.toString("latin1"));

/** The gate tells the rest of the lock from Redis's own clock; in the model it is always the whole lock. */
const steady = ({ name }: RedisOperation, reply: unknown): unknown =>
  name === "perchGate" && Array.isArray(reply) && reply[0] === "go" ? ["go", "30000", ""] : reply;
