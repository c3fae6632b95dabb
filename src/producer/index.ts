export type { ErrorCode } from "../install/errors/error-catalogue.ts";
export {
  ConnectorOfAnotherInstallError,
  IdempotencyKeyReusedError,
  InstallNotFoundError,
  InstallStateError,
  WaitTimeoutError,
} from "../install/errors/errors.ts";
export { InputError, type InputIssue } from "../install/errors/input-error.ts";
export type { InstallError } from "../install/errors/install-error.ts";
export type { Install, InstallStatus } from "../install/install.ts";
export type { InstallFilter } from "../install/install-filter.ts";
export { NumberMismatchError } from "../install/number-mismatch.ts";
export type { InstallChange, InstallRequestInput } from "../install/request.ts";
export { ShardsError } from "../queue/keyspace/shards.ts";
export { RedisUnavailableError } from "../redis/errors.ts";
export {
  type EnqueueManyOptions,
  type EnqueueOptions,
  type InstallsPage,
  type ListOptions,
  type Producer,
  ProducerClosedError,
  type ProducerOptions,
  SealingKeysError,
  type WaitOptions,
} from "./facade.ts";
export { createProducer } from "./library.ts";
export type { Enqueued, EnqueuedRow } from "./put/enqueued.ts";
