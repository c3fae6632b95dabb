import type { Cluster, Redis } from "ioredis";

/** A connection to Redis: to one server, or to a Redis Cluster. Commands are the same; all keys of one are in one slot. */
export type RedisClient = Redis | Cluster;
