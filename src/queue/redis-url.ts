/** Where Redis is, read from `REDIS_URL`. */
export type RedisAddress =
  | { readonly kind: "server"; readonly url: string }
  | { readonly kind: "socket"; readonly path: string }
  | {
      readonly kind: "sentinel";
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
      /** Name of the master the sentinels watch. */
      readonly master: string;
      readonly username: string | undefined;
      readonly password: string | undefined;
    };

const sentinelPort = 26_379;

/**
 * Reads `redis://`, `rediss://`, `unix:///path` or `redis+sentinel://[user:password@]host:port,host:port/master`.
 * Undefined for anything else. User and password are the master's.
 */
export const parseRedisUrl = (url: string): RedisAddress | undefined => {
  if (/^rediss?:\/\/./.test(url)) return { kind: "server", url };
  if (/^unix:\/\/\/./.test(url))
    return { kind: "socket", path: decodeURIComponent(url.slice("unix://".length)) };
  const match = /^redis\+sentinel:\/\/(?:([^:@/]*):([^@/]*)@)?([^/@]+)\/([^/?]+)$/.exec(url);
  if (match === null) return undefined;
  const [, username = "", password = "", hosts = "", master = ""] = match;
  const sentinels = hosts.split(",").map((text) => {
    const [, host, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
    return { host, port: port === undefined ? sentinelPort : Number(port) };
  });
  const known = sentinels.flatMap(({ host, port }) => (host === undefined ? [] : [{ host, port }]));
  if (known.length !== sentinels.length) return undefined;
  return {
    kind: "sentinel",
    sentinels: known,
    master: decodeURIComponent(master),
    username: username === "" ? undefined : decodeURIComponent(username),
    password: password === "" ? undefined : decodeURIComponent(password),
  };
};
