import type { FastifyInstance } from "fastify";
import type { Logger } from "../log.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import type { RedisFault } from "../redis/errors.ts";
import type { ApiKey } from "./auth/api-keys.ts";
import type { BatchActionsDeps } from "./batches/actions.ts";
import type { CreateBatchDeps } from "./batches/create.ts";
import type { BatchEventsDeps } from "./batches/events.ts";
import type { BatchesDeps } from "./batches/read.ts";
import type { BatchResultsDeps } from "./batches/results.ts";
import type { BatchRowsDeps } from "./batches/rows.ts";
import type { ConnectLinksDeps } from "./connect-links.ts";
import type { DoctorRouteDeps } from "./doctor.ts";
import type { EventListDeps } from "./event-list.ts";
import type { InstallActionsDeps } from "./installs/actions.ts";
import type { CreateInstallDeps } from "./installs/create.ts";
import type { InstallEventsDeps } from "./installs/events.ts";
import type { ManyInstallsDeps } from "./installs/many.ts";
import type { InstallsDeps } from "./installs/read.ts";
import type { WaitForEndDeps } from "./installs/wait-for-end.ts";
import type { NotificationReceiversDeps } from "./notification-receivers.ts";
import type { NotificationsDeps } from "./notifications.ts";
import type { HealthDeps } from "./server/health.ts";
import type { RequestLimitDeps, ShardsGuardDeps } from "./server/limits.ts";
import type { Exposition } from "./server/metrics.ts";
import type { SessionDeps } from "./session.ts";
import type { StatsDeps } from "./stats.ts";
import type { WorkspacesDeps } from "./workspaces.ts";

/** What the server itself needs. */
interface ServerDeps {
  readonly keys: readonly ApiKey[];
  /** Seals sessions. */
  readonly seal: Pick<Seal, "sealText" | "openText">;
  /** Called for each request that failed because Redis did not carry out a command. */
  readonly redisRefused?: ((fault: RedisFault) => void) | undefined;
  /** Prometheus' metrics; undefined: there is no `GET /metrics`. */
  readonly exposeMetrics?: (() => Promise<Exposition>) | undefined;
  /** Starts a span for each request; undefined: nothing is traced. */
  readonly traceRequests?: ((server: FastifyInstance) => void) | undefined;
  /** Folder of the built console; undefined: it is not served. */
  readonly consoleDir?: string | undefined;
  /** The package's version, for the OpenAPI document. */
  readonly version: string;
  readonly log: Logger;
}

/** What the routes need. Redis's errors may be thrown as they are: `problemOf` makes one kind of problem of them. */
type RouteDeps = CreateInstallDeps &
  InstallsDeps &
  InstallEventsDeps &
  InstallActionsDeps &
  ManyInstallsDeps &
  WaitForEndDeps &
  CreateBatchDeps &
  BatchesDeps &
  BatchActionsDeps &
  BatchRowsDeps &
  BatchResultsDeps &
  BatchEventsDeps &
  WorkspacesDeps &
  SessionDeps &
  EventListDeps &
  NotificationsDeps &
  ConnectLinksDeps &
  NotificationReceiversDeps &
  DoctorRouteDeps &
  StatsDeps &
  HealthDeps;

/** What the API needs: the server's part, and what each group of routes declares beside its routes. */
export type ApiDeps = ServerDeps & RequestLimitDeps & ShardsGuardDeps & RouteDeps;
