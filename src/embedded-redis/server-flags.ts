/**
 * The server flags that decide what survives a crash; a server in a container must be run with the same ones.
 *
 * - `appendfsync always`: an acknowledged install is on disk. Redis commits in groups, so a slow disk costs little.
 * - `aof-use-rdb-preamble no`: a plain command log loads in every server version, older or newer, Redis or Valkey.
 * - `hash-max-ziplist-value 1024`: keeps a waiting job in compact form. This is the older name of
 *   `hash-max-listpack-value`: Redis 7 and later and Valkey accept both, Redis 6.2 only this one.
 * - `noeviction`: a queue must refuse work rather than forget it.
 */
export const persistentServerFlags = [
  ["--appendonly", "yes"],
  ["--appendfsync", "always"],
  ["--aof-use-rdb-preamble", "no"],
  ["--hash-max-ziplist-value", "1024"],
  ["--save", ""],
  ["--maxmemory-policy", "noeviction"],
] as const;
