import { z } from "zod";
import { writeRegularly } from "../../redis/bounded.ts";
import { type RedisClient, serversOf } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "./keys.ts";

interface Deps {
  readonly client: RedisClient;
  readonly keys: Keys;
}

/** Workspaces that a process remembers to have written down. */
const rememberedMax = 50_000;

/** Writes down which workspaces there are. */
export interface WorkspaceIndex {
  /** Costs Redis one command a workspace in the life of a process. A write that fails is made with the next call. */
  note(workspaceIds: readonly string[]): Promise<void>;
}

/** The list of workspaces, in the home shard. A workspace stays in it when its installs have gone. */
export const createWorkspaceIndex = ({ client, keys }: Deps): WorkspaceIndex => {
  const { workspaces } = keys.home();
  const noted = new Set<string>();
  return {
    note: async (workspaceIds) => {
      const ids = new Set(workspaceIds.map((id) => id.toLowerCase()));
      const fresh = [...ids].filter((id) => !noted.has(id));
      if (fresh.length === 0) return;
      if (noted.size >= rememberedMax) noted.clear();
      for (const id of fresh) noted.add(id);
      try {
        await client.zadd(workspaces, ...fresh.flatMap((id) => [0, id]));
      } catch {
        for (const id of fresh) noted.delete(id);
      }
    },
  };
};

/** Steps of one call, and keys Redis looks at in each. */
const steps = 20;
const stepSize = 1000;
const workspacePattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Finds the workspaces that versions before the list have left, by the names of keys: some thousand with each call, until
 * all have been seen once in the life of a Redis.
 */
export const createFindOlderWorkspaces = ({
  client,
  keys,
}: Deps): { readonly findSome: () => Promise<void> } => {
  const { workspaces, workspacesFound } = keys.home();
  const starts = keys.shards.map((shard) => shard.workspaceInstalls(""));
  const cursors = new Map<string, string>();
  let isDone = false;

  const idsOf = (names: readonly string[]): readonly string[] =>
    names.flatMap((name) =>
      starts
        .filter((start) => name.startsWith(start))
        .map((start) => name.slice(start.length))
        .filter((id) => workspacePattern.test(id)),
    );

  /** Looks at some keys of a server. @returns whether all have been seen. */
  const findOn = async (server: ReturnType<typeof serversOf>[number]): Promise<boolean> => {
    const name = `${server.options.host}:${server.options.port}`;
    let cursor = cursors.get(name) ?? "0";
    for (let step = 0; step < steps && cursor !== "end"; step += 1) {
      const [next, names] = await server.scan(cursor, "MATCH", "*:ids:workspace:*", "COUNT", stepSize);
      const ids = idsOf(names);
      if (ids.length > 0) await client.zadd(workspaces, ...ids.flatMap((id) => [0, id.toLowerCase()]));
      cursor = next === "0" ? "end" : next;
    }
    cursors.set(name, cursor);
    return cursor === "end";
  };

  return {
    findSome: async () => {
      isDone ||= (await client.exists(workspacesFound)) === 1;
      if (isDone) return;
      const ended = await Promise.all(serversOf(client).map(findOn));
      isDone = ended.every(Boolean);
      if (isDone) await client.set(workspacesFound, "1");
    },
  };
};

const setTimes = defineScript({
  name: "perchLastEvents",
  keys: ["lastEvents", "workspaces"],
  args: [],
  moreArgs: "workspaceIds",
  answer: z.null(),
  lua: `
local time = redis.call('TIME')
local nowMs = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for _, id in ipairs(workspaceIds) do
  if redis.call('ZSCORE', workspaces, id) then redis.call('HSET', lastEvents, id, nowMs) end
end`,
});

/** Writes down when the latest event of each workspace came. */
export interface LastEvents {
  note(workspaceId: string): void;
  close(): Promise<void>;
}

const everyMs = 5000;

/**
 * Notes in memory whose events came, and writes that every few seconds in one call, so that an event costs no command
 * more. Only workspaces of the list are written: an event may name any.
 */
export const createLastEvents = ({ client, keys }: Deps): LastEvents => {
  const { lastEvents, workspaces } = keys.home();
  let noted = new Set<string>();
  const write = async (): Promise<void> => {
    if (noted.size === 0) return;
    const workspaceIds = [...noted];
    noted = new Set();
    await setTimes(client, { lastEvents, workspaces, workspaceIds }).catch(() => undefined);
  };
  const { close } = writeRegularly(write, everyMs);
  return {
    note: (workspaceId) => {
      if (noted.size < rememberedMax) noted.add(workspaceId.toLowerCase());
    },
    close,
  };
};
