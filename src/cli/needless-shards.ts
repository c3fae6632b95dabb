/** Told where several shards are used without a Redis Cluster. */
export const needlessShards =
  "SHARDS is more than 1, and Redis is a single server: that helps nothing there, only a Redis Cluster has masters to spread shards over (docs/scaling.md).";
