export {
  ConnectorOfAnotherInstallError,
  InstallNotFoundError,
  InstallStateError,
} from "../install/errors.ts";
export { InputError, type InputIssue } from "../install/input-error.ts";
export type { Install, InstallStatus } from "../install/install.ts";
export type { InstallError } from "../install/install-error.ts";
export { NumberMismatchError } from "../install/number-mismatch.ts";
export type { InstallChange, InstallRequestInput } from "../install/request.ts";
export { IdempotencyKeyInUseError, IdempotencyKeyReusedError } from "../queue/installs/idempotency.ts";
export { ShardsError } from "../queue/keyspace/shards.ts";
export { RedisUnavailableError } from "../redis/errors.ts";
export {
  createProducer,
  type InstallsPage,
  type ListOptions,
  type Producer,
  ProducerClosedError,
} from "./library.ts";
export type { EnqueueOptions, ProducerOptions } from "./producer.ts";
export type { EnqueuedRow } from "./put/enqueue-rows.ts";
export type { Enqueued } from "./put/put-installs.ts";
export { WaitTimeoutError } from "./wait-for.ts";
