import { isLoopback } from "../http/is-loopback.ts";
import type { Logger } from "../log.ts";
import { createMeta, type Meta } from "../meta/meta.ts";
import type { ObserveMeta } from "../meta/observe-meta.ts";
import type { CheckRow } from "../producer/import/check-rows.ts";
import type { Producer } from "../producer/producer.ts";
import type { Keys } from "../queue/keyspace/keys.ts";
import type { WriteProbe } from "../queue/redis-state/write-probe.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import type { RedisClient } from "../redis/client.ts";
import { shownRedisUrl } from "../redis/url.ts";
import type { ApiDeps } from "./api-deps.ts";
import { buildApiServer } from "./app.ts";
import { type ApiMetrics, type ApiTraces, createRouteDeps } from "./route-deps.ts";
import { isConsoleBuilt } from "./server/console.ts";
import type { ApiSettings } from "./settings.ts";

export interface Api {
  /** The address it listens on. */
  readonly url: string;
  /** Whether it serves the console at `/`. */
  readonly hasConsole: boolean;
  /** Takes no more requests and answers those in flight; requests that wait for an install's end are answered at once. */
  close(): Promise<void>;
}

/** Thrown when the API would be open to every host that reaches this machine. */
export class ApiKeysMissingError extends Error {
  readonly code = "api_keys_missing";

  constructor() {
    super("API_KEYS is not set, so API_HOST must be this machine alone: make a key with perch keys api.");
    this.name = "ApiKeysMissingError";
  }
}

/**
 * Listens for requests until it is closed. `client` must fail fast; it and the producer stay open: they belong to the caller.
 *
 * @throws {ApiKeysMissingError} there are no keys, and the host is not loopback.
 */
export const startApi = async (deps: {
  readonly client: RedisClient;
  /** Where the client is connected, for `GET /v1/session`. */
  readonly redisUrl: string;
  readonly keys: Keys;
  readonly probe: WriteProbe;
  readonly producer: Producer;
  readonly seal: Seal;
  readonly settings: ApiSettings;
  /** Asks Meta about rows of a dry run. Undefined: it cannot be asked. */
  readonly checkRow?: CheckRow | undefined;
  readonly runDoctor: ApiDeps["runDoctor"];
  readonly observeMeta?: ObserveMeta | undefined;
  /** Undefined: there is no `GET /metrics`. */
  readonly metrics?: ApiMetrics | undefined;
  /** Undefined: nothing is traced. */
  readonly traces?: ApiTraces | undefined;
  readonly log: Logger;
}): Promise<Api> => {
  const { settings, runDoctor, metrics, traces, log } = deps;
  if (settings.keys.length === 0 && !isLoopback(settings.host)) throw new ApiKeysMissingError();
  await using opened = new AsyncDisposableStack();
  const meta =
    settings.meta &&
    createMeta({ ...settings.meta, requestTimeoutMs: exchangeTimeoutMs, observe: deps.observeMeta });
  opened.defer(async () => meta?.close());
  const routes = createRouteDeps(deps);
  opened.defer(routes.close);
  const server = await buildApiServer({
    ...routes.deps,
    ...exchangeOf(meta),
    checkRow: deps.checkRow,
    ...settings,
    runDoctor,
    seal: deps.seal,
    sandboxUrl: isLoopback(URL.parse(settings.birdApiUrl)?.hostname ?? "") ? settings.birdApiUrl : undefined,
    redis: shownRedisUrl(deps.redisUrl),
    exposeMetrics: metrics?.expose,
    traceRequests: traces?.traceRequests,
    log,
  });
  opened.defer(() => server.close());
  const url = await server.listen({ host: settings.host, port: settings.port });
  const running = opened.move();
  const hasConsole = settings.consoleDir !== undefined && isConsoleBuilt(settings.consoleDir);
  return { url, hasConsole, close: () => running.disposeAsync() };
};

/** A code lives for about 30 seconds. */
const exchangeTimeoutMs = 10_000;

const exchangeOf = (meta: Meta | undefined): Pick<ApiDeps, "exchangeCode"> =>
  meta === undefined ? {} : { exchangeCode: meta.exchange };
