import { Cluster, type Redis } from "ioredis";
import type { RedisClient } from "../redis/redis-client.ts";

export const isCluster = (client: RedisClient): boolean => client instanceof Cluster;

/** The servers that hold the data: the one, or the masters of a cluster. */
export const serversOf = (client: RedisClient): readonly Redis[] =>
  client instanceof Cluster ? client.nodes("master") : [client];
