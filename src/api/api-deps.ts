import type { FastifyInstance } from "fastify";
import type { SendTestMessage } from "../actions/send-test-message.ts";
import type { Uninstall } from "../actions/uninstall.ts";
import type { Requester } from "../install/requested-by.ts";
import type { Logger } from "../log.ts";
import type { ExchangeResult } from "../meta/exchange-result.ts";
import type { ImportRows } from "../producer/import/import-rows.ts";
import type { Producer } from "../producer/producer.ts";
import type { BatchActions } from "../queue/actions/batch.ts";
import type { InstallActions } from "../queue/actions/installs.ts";
import type { Batches } from "../queue/batches/batches.ts";
import type { Installs } from "../queue/installs/installs.ts";
import type { UnmatchedEvents } from "../queue/matching/unmatched.ts";
import type { UnreadableEvents } from "../queue/matching/unreadable.ts";
import type { Notifications } from "../queue/outbox/notifications.ts";
import type { Resumption } from "../queue/workspaces/held-installs.ts";
import type { WorkspaceState } from "../queue/workspaces/workspaces.ts";
import type { RedisFault } from "../redis/errors.ts";
import type { ApiKey } from "./auth/api-keys.ts";
import type { Exposition } from "./server/metrics.ts";

/** What the routes work with. Whatever reads Redis throws RedisUnavailableError while that is away. */
export interface ApiDeps {
  readonly producer: Pick<Producer, "enqueue" | "enqueueSignup" | "waitFor" | "forecastRows">;
  readonly importRows: ImportRows;
  readonly batches: Pick<Batches, "find" | "list" | "isWithin" | "failures" | "readRows" | "rows">;
  readonly batchActions: BatchActions;
  readonly installs: Pick<Installs, "find" | "findMany" | "timeline" | "list">;
  readonly actions: Pick<InstallActions, "retry" | "cancel">;
  readonly uninstall: Uninstall;
  readonly sendTestMessage: SendTestMessage;
  readonly findWorkspace: (workspaceId: string) => Promise<WorkspaceState>;
  readonly resumeWorkspace: (workspaceId: string, requester?: Requester) => Promise<Resumption>;
  readonly unmatchedEvents: Pick<UnmatchedEvents, "list">;
  readonly unreadableEvents: Pick<UnreadableEvents, "list">;
  readonly notifications: Pick<Notifications, "list" | "find" | "resend">;
  /** Exchanges a code of Meta's embedded signup; undefined without META_APP_ID and META_APP_SECRET. */
  readonly exchangeCode?: ((code: string) => Promise<ExchangeResult>) | undefined;
  /** Resolves when Redis takes writes. @throws {RedisUnavailableError} */
  readonly ready: () => Promise<unknown>;
  /** Is told of each request that Redis kept from being carried out. */
  readonly redisRefused?: ((fault: RedisFault) => void) | undefined;
  /** @throws {ShardsError} this process knows of too few shards. */
  readonly checkShards: () => Promise<void>;
  /** What Prometheus reads; undefined when nothing is measured. */
  readonly exposeMetrics?: (() => Promise<Exposition>) | undefined;
  /** Makes spans of requests; undefined when nothing is traced. */
  readonly traceRequests?: ((server: FastifyInstance) => void) | undefined;
  readonly keys: readonly ApiKey[];
  /** Of one key, in this process; 0: as many as come. */
  readonly requestsPerSecond: number;
  /** `NOTIFY_ALLOW_PRIVATE`: addresses of webhooks may be http. */
  readonly allowsHttp: boolean;
  /** The package's version, for the OpenAPI document. */
  readonly version: string;
  readonly log: Logger;
}
