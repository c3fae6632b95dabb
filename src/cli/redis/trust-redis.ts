import { userInfo } from "node:os";
import type { Logger } from "../../log.ts";
import type { Keys } from "../../queue/keyspace/keys.ts";
import { endRecheck, findRecheck } from "../../queue/redis-state/restart-recheck.ts";
import type { RedisClient } from "../../redis/client.ts";
import { confirmOrExit } from "../terminal/confirm.ts";
import { exitCode, type Io, printJson, printLine } from "../terminal/io.ts";

/** `perch doctor --trust-redis`: ends the looks that follow when Redis may hold a restored backup. */
export const trustRedisCommand = async (
  {
    io,
    client,
    keys,
    log,
  }: {
    readonly io: Io;
    readonly client: RedisClient;
    readonly keys: Keys;
    readonly log: Logger;
  },
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
): Promise<number> => {
  const doubt = await findRecheck({ client, keys }, Date.now());
  const since = doubt && new Date(doubt.sinceMs).toISOString();
  if (since === undefined) {
    if (json) printJson(io, { trusted: false });
    else printLine(io, "Nothing to trust: no restored backup is suspected.");
    return exitCode.done;
  }
  const question = `Redis came back at ${since}. Is its data current, and no backup was restored? If one was, numbers may get a second connector.`;
  const refusal = await confirmOrExit(io, { question, yes });
  if (refusal !== undefined) return refusal;
  await endRecheck({ client, keys });
  log.warn({ since, user: userInfo().username }, "Redis is trusted: no backup was restored");
  if (json) printJson(io, { trusted: true, since });
  else printLine(io, `Redis is trusted: what came since ${since} is created without a look first.`);
  return exitCode.done;
};
