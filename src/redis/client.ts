import { Cluster, type Redis } from "ioredis";

/** A connection to Redis: to one server, or to a Redis Cluster. Commands are the same; all keys of one are in one slot. */
export type RedisClient = Redis | Cluster;

export const isCluster = (client: RedisClient): boolean => client instanceof Cluster;

/** The servers that hold the data: the one, or the masters of a cluster. */
export const serversOf = (client: RedisClient): readonly Redis[] =>
  client instanceof Cluster ? client.nodes("master") : [client];
