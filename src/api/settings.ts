import type { Receiver } from "../bird/receiver.ts";
import type { NotifierSettings } from "../notify/notifier.ts";
import type { ApiKey } from "./auth/api-keys.ts";
import type { ConnectAddress } from "./connect-links.ts";

export interface ApiSettings {
  /** Budget of requests to Meta, fleet-wide, with `meta`. Default: 20. */
  readonly metaReadsPerSecond?: number | undefined;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Empty: every caller on this machine may do everything, and the server listens on loopback only. */
  readonly keys: readonly ApiKey[];
  /** Of one key, in this process; 0: no limit. */
  readonly requestsPerSecond: number;
  readonly allowsHttp: boolean;
  readonly birdApiUrl: string;
  readonly birdAccessKey: string;
  readonly requestTimeoutMs: number;
  /** Undefined: signup codes are refused. */
  readonly meta:
    | { readonly appId: string; readonly appSecret: string; readonly graphUrl: string }
    | undefined;
  /** Undefined: no connect links can be made, and the answer says so. */
  readonly connect?: ConnectAddress | undefined;
  /** Undefined: no workspace can be prepared, and the answer says so. The same for `receiver`. */
  readonly birdOrganizationId: string | undefined;
  readonly receiver: Receiver | undefined;
  readonly getsPerSecond: number;
  readonly holdBaseMs: number;
  readonly holdCapMs: number;
  /** `NOTIFY_URL`. */
  readonly notifyUrl: string | undefined;
  /** How test events are sent. */
  readonly notifier: Pick<NotifierSettings, "secrets" | "allowPrivate" | "timeoutMs">;
  readonly retentionMs: number;
  readonly version: string;
  /** Folder of the built console; undefined: it is not served. */
  readonly consoleDir?: string | undefined;
}
