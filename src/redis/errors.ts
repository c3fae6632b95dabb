import { withoutCommand } from "./without-command.ts";

/**
 * Failures of Redis by kind, each with a sentence, what to do about it, and when to retry.
 */
const redisFaults = {
  full: {
    detail: "Redis is full: what it uses has reached its maxmemory, so it takes nothing new",
    fix: "Raise Redis's maxmemory, or free memory: lower RETENTION_MS, remove what other applications keep there.",
    retryAfterSeconds: 15,
  },
  read_only: {
    detail: "Redis is a read-only replica and takes no writes",
    fix: "Let REDIS_URL name the master, or the sentinels (redis+sentinel://), so that a failover is followed.",
    retryAfterSeconds: 5,
  },
  loading: {
    detail: "Redis has just started and still loads its data",
    fix: "Wait: it ends by itself. If it lasts, look at Redis's log.",
    retryAfterSeconds: 5,
  },
  no_master: {
    detail: "Redis is a replica that has lost its master, and serves nothing old",
    fix: "Bring the master back, or promote a replica.",
    retryAfterSeconds: 5,
  },
  cluster_down: {
    detail: "A part of the Redis Cluster is down or being moved",
    fix: "Look at CLUSTER INFO and bring the nodes of the missing slots back.",
    retryAfterSeconds: 5,
  },
  forbidden: {
    detail: "The user of REDIS_URL may not do what Perch needs",
    fix: "Give the user of REDIS_URL the commands and keys of its role; ACL LOG names what was refused.",
    retryAfterSeconds: 60,
  },
  wrong_password: {
    detail: "Redis refuses the user or the password of REDIS_URL",
    fix: "Correct the user and password in REDIS_URL.",
    retryAfterSeconds: 60,
  },
  untrusted_certificate: {
    detail: "The certificate of Redis is not trusted on this machine",
    fix: "Set NODE_EXTRA_CA_CERTS to a file with the certificate of its authority, and name Redis in REDIS_URL as the certificate does.",
    retryAfterSeconds: 60,
  },
  no_tls: {
    detail: "The port of REDIS_URL does not speak TLS",
    fix: "Use redis:// in place of rediss://, or the port with TLS.",
    retryAfterSeconds: 60,
  },
  not_persisted: {
    detail: "Redis cannot save to its disk and takes no writes until it can",
    fix: "Make room on Redis's disk; INFO persistence and Redis's log say what failed.",
    retryAfterSeconds: 15,
  },
  too_few_replicas: {
    detail: "Redis has fewer replicas than its min-replicas-to-write asks for, and takes no writes",
    fix: "Bring the replicas back, or lower min-replicas-to-write.",
    retryAfterSeconds: 15,
  },
  busy: {
    detail: "Redis is busy with a script and takes nothing else",
    fix: "Wait, or end the script of the other application: SCRIPT KILL.",
    retryAfterSeconds: 5,
  },
  too_many_clients: {
    detail: "Redis has as many connections as its maxclients allows",
    fix: "Raise Redis's maxclients, or run fewer processes.",
    retryAfterSeconds: 15,
  },
  timeout: {
    detail: "Redis has not answered in time",
    fix: "Look at Redis's load (SLOWLOG GET, INFO stats) and the network between.",
    retryAfterSeconds: 5,
  },
  unreachable: {
    detail: "Redis cannot be reached",
    fix: "Check REDIS_URL and that the server runs.",
    retryAfterSeconds: 5,
  },
} as const;

export type RedisFaultKind = keyof typeof redisFaults;

export const isRedisFaultKind = (word: string): word is RedisFaultKind => Object.hasOwn(redisFaults, word);

export const redisFaultKinds: readonly RedisFaultKind[] = Object.keys(redisFaults).filter(isRedisFaultKind);

export interface RedisFault {
  readonly kind: RedisFaultKind;
  /** What is the matter: a sentence without its full stop. */
  readonly detail: string;
  /** What to do about it. */
  readonly fix: string;
  /** When a caller may come again, seconds. */
  readonly retryAfterSeconds: number;
}

export const redisFault = (kind: RedisFaultKind): RedisFault => ({ kind, ...redisFaults[kind] });

/** The words Redis's own errors begin with. @see https://github.com/redis/redis/blob/unstable/src/server.c (shared objects) */
const byWord: Readonly<Record<string, RedisFaultKind>> = {
  OOM: "full",
  READONLY: "read_only",
  LOADING: "loading",
  MASTERDOWN: "no_master",
  CLUSTERDOWN: "cluster_down",
  TRYAGAIN: "cluster_down",
  NOPERM: "forbidden",
  WRONGPASS: "wrong_password",
  NOAUTH: "wrong_password",
  MISCONF: "not_persisted",
  NOREPLICAS: "too_few_replicas",
  BUSY: "busy",
  UNKILLABLE: "busy",
};

/**
 * The word at the beginning, or, as Redis 6.2 reports the error of a command inside a script, after a colon and
 * a dash: `ERR Error running script (call to f_…): @user_script:3: -READONLY You can't write …`.
 */
const word =
  /(?:^-?|^ERR Error running script\b.*?: ?-)(OOM|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOPERM|WRONGPASS|NOAUTH|MISCONF|NOREPLICAS|BUSY|UNKILLABLE)\b/;

/** Errors of ioredis, by their words: it has no codes for them. */
const clientMessages: readonly (readonly [RegExp, RedisFaultKind])[] = [
  [/^Command timed out$/, "timeout"],
  [/^connect ETIMEDOUT$/, "unreachable"],
  [/^Reached the max retries per request limit/, "unreachable"],
  [/^(Stream|Cluster) isn't (writeable|ready) and enableOfflineQueue options is false/, "unreachable"],
  [/^Connection is closed/, "unreachable"],
  [/^Cluster is ended/, "unreachable"],
  [/^Command aborted/, "unreachable"],
  [/^Failed to refresh slots cache/, "unreachable"],
  [/^None of startup nodes is available/, "unreachable"],
  [/^All sentinels are unreachable/, "unreachable"],
  [/^Too many Cluster redirections/, "cluster_down"],
  [/^ERR max number of clients reached/, "too_many_clients"],
  [/^(ERR|-ERR) .*invalid (username-password pair|password)/, "wrong_password"],
];

/** Of Node's sockets. Those of HTTP clients have names of their own (`RequestError`), so they are not taken for Redis's. */
const socketCodes: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "ENOTFOUND", "EAI_AGAIN", "EPIPE", "ETIMEDOUT"],
  ...["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN", "ENOENT", "EACCES"],
]);
const socketCalls: ReadonlySet<string> = new Set(["connect", "read", "write", "getaddrinfo"]);

/**
 * What an error says about Redis; undefined for every other error: one of Perch, of a script or of data of another
 * type stays what it is.
 */
export const redisFaultOf = (error: unknown): RedisFault | undefined => {
  if (error instanceof RedisConnectError) return redisFaultOf(error.cause) ?? redisFault("unreachable");
  const kind = error instanceof Error ? kindOf(error) : undefined;
  return kind === undefined ? undefined : redisFault(kind);
};

const kindOf = (error: Error): RedisFaultKind | undefined => {
  const said = word.exec(error.message)?.[1];
  if (said !== undefined) return byWord[said];
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/CERT|UNABLE_TO_(GET|VERIFY)|SELF_SIGNED/.test(code)) return "untrusted_certificate";
  if (/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/.test(code)) return "no_tls";
  const known = clientMessages.find(([pattern]) => pattern.test(error.message))?.[1];
  return known ?? (isSocketError(error) ? "unreachable" : undefined);
};

/** `AggregateError` is what Node throws when a name has several addresses and none answers. */
const isSocketError = (error: Error): boolean => {
  if (error.name !== "Error" && error.name !== "AggregateError") return false;
  if (!("code" in error) || typeof error.code !== "string" || !socketCodes.has(error.code)) return false;
  if (error instanceof AggregateError) return true;
  return "syscall" in error && typeof error.syscall === "string" && socketCalls.has(error.syscall);
};

/** What the socket said, such as ` (ECONNREFUSED)`; empty where that would say nothing. */
export const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? ` (${cause.code})` : "";

/** The first connection could not be made. */
export class RedisConnectError extends Error {
  constructor(cause: unknown) {
    const fault = redisFaultOf(cause);
    super(
      fault === undefined || fault.kind === "unreachable"
        ? `Redis does not answer${codeOf(cause)}: check host, port and TLS (redis:// or rediss://) of REDIS_URL and that the server runs. A password with @, # or / in it must be percent-encoded.`
        : `${fault.detail}. ${fault.fix}`,
      { cause: withoutCommand(cause) },
    );
    this.name = "RedisConnectError";
  }
}

/** Redis does not take a request just now. Nothing acknowledged is lost, and sending again is safe. */
export class RedisUnavailableError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "unavailable";
  /** Why, in a word of a closed list. */
  readonly reason: RedisFaultKind;
  /** The reason with a sentence, what to do about it, and when to come again. */
  readonly fault: RedisFault;

  constructor(fault: RedisFault, { message, ...options }: ErrorOptions & { readonly message?: string } = {}) {
    super(message ?? `${fault.detail}. Send the request again: a repeat creates nothing twice.`, options);
    this.name = "RedisUnavailableError";
    this.reason = fault.kind;
    this.fault = fault;
  }
}

/** Why Redis did not carry out a command, also where the error is wrapped in {@link RedisUnavailableError}. */
export const redisFaultBehind = (error: unknown): RedisFault | undefined =>
  error instanceof RedisUnavailableError ? error.fault : redisFaultOf(error);

/**
 * Wraps a function, or every method of an object: a Redis failure (down, full, slow) is thrown as
 * {@link RedisUnavailableError}. Any other error is thrown as it is, without its command, because repeating the call does not mend a bug.
 */
export const mapRedisErrors = <T extends object>(target: T): T =>
  new Proxy(target, {
    // A trap receives members and arguments untyped, and returns what the target would: the type stays that of the target.
    get: (object, name) => {
      const member: unknown = Reflect.get(object, name);
      return typeof member === "function" ? mapRedisErrors(member) : member;
    },
    apply: (run, self, args) =>
      typeof run === "function" ? mapResult(Reflect.apply(run, self, args)) : undefined,
  });

const mapResult = (result: unknown): unknown => {
  if (result instanceof Promise) return result.catch(throwMapped);
  return isAsyncGenerator(result) ? mapEach(result) : result;
};

const isAsyncGenerator = (value: unknown): value is AsyncGenerator<unknown, void, undefined> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value && "next" in value;

async function* mapEach(source: AsyncGenerator<unknown, void, undefined>) {
  try {
    yield* source;
  } catch (error) {
    throwMapped(error);
  }
}

const throwMapped = (error: unknown): never => {
  const cause = withoutCommand(error);
  const fault = redisFaultOf(cause);
  throw fault === undefined ? cause : new RedisUnavailableError(fault, { cause });
};
