/** Where Redis is, read from `REDIS_URL`. */
type RedisAddress =
  | { readonly kind: "server"; readonly url: string }
  | { readonly kind: "socket"; readonly path: string }
  | ({
      readonly kind: "sentinel";
      readonly sentinels: readonly Host[];
      readonly master: string;
    } & ServerAccess)
  | ({ readonly kind: "cluster"; readonly nodes: readonly Host[] } & ServerAccess);

interface Host {
  readonly host: string;
  readonly port: number;
}

/** How the servers that hold the data are spoken to. */
export interface ServerAccess {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isEncrypted: boolean;
}

const sentinelPort = 26_379;
const serverPort = 6379;

/**
 * Reads `redis://`, `rediss://`, `unix:///path`, `redis+sentinel://[user:password@]host:port,host:port/master` or
 * `redis+cluster://[user:password@]host:port,host:port`; the last two also as `rediss+…`, with TLS. Undefined for
 * anything else. User and password are those of the servers that hold the data, not of sentinels.
 */
export const parseRedisUrl = (url: string): RedisAddress | undefined => {
  if (/^rediss?:\/\/./.test(url)) return { kind: "server", url };
  // With a query it would be the name of another file, which errors show.
  if (/^unix:\/\/\/[^?#]+$/.test(url))
    return { kind: "socket", path: decodeURIComponent(url.slice("unix://".length)) };
  const [, scheme = "", kind, username = "", password = "", hosts = "", master = ""] =
    /^(rediss?)\+(sentinel|cluster):\/\/(?:([^:@/]*):([^@/]*)@)?([^/@]+)(?:\/([^/?]*))?$/.exec(url) ?? [];
  const access = {
    username: username === "" ? undefined : decodeURIComponent(username),
    password: password === "" ? undefined : decodeURIComponent(password),
    isEncrypted: scheme === "rediss",
  };
  const known = parseHosts(hosts, kind === "sentinel" ? sentinelPort : serverPort);
  if (known === undefined) return undefined;
  if (kind === "cluster") return master === "" ? { kind, nodes: known, ...access } : undefined;
  if (kind !== "sentinel" || master === "") return undefined;
  return { kind, sentinels: known, master: decodeURIComponent(master), ...access };
};

/** Undefined when one of them is malformed. */
const parseHosts = (list: string, defaultPort: number): readonly Host[] | undefined => {
  const hosts = list.split(",").map((text) => {
    const [, host, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
    return host === undefined ? undefined : { host, port: port === undefined ? defaultPort : Number(port) };
  });
  const known = hosts.filter((host) => host !== undefined);
  return known.length === hosts.length ? known : undefined;
};

/** Whether a text names a Redis in one of the forms of {@link parseRedisUrl}, with nothing in it that cannot be read. */
export const isRedisUrl = (url: string): boolean => {
  try {
    const address = parseRedisUrl(url);
    return address !== undefined && (address.kind !== "server" || URL.canParse(url));
  } catch {
    // A percent sign that encodes nothing.
    return false;
  }
};

/** A Redis's address without user, password and options. */
export const shownRedisUrl = (url: string): string => {
  const address = parseRedisUrl(url);
  if (address === undefined) return "";
  if (address.kind === "socket") return `unix://${address.path}`;
  if (address.kind === "server") {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname.replace(/\/$/, "")}`;
  }
  const hosts = address.kind === "cluster" ? address.nodes : address.sentinels;
  const list = hosts.map(({ host, port }) => `${host}:${port}`).join();
  const scheme = address.isEncrypted ? "rediss" : "redis";
  return `${scheme}+${address.kind}://${list}${address.kind === "sentinel" ? `/${address.master}` : ""}`;
};
