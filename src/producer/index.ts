export { InputError, type InputIssue } from "../install/input-error.ts";
export type { Install, InstallStatus } from "../install/install.ts";
export type { InstallError } from "../install/install-error.ts";
export type { InstallRequestInput } from "../install/request.ts";
export { IdempotencyKeyReusedError } from "../queue/idempotency.ts";
export type { EnqueuedRow } from "./enqueue-rows.ts";
export { createProducer, type Producer, type ProducerOptions } from "./producer.ts";
export type { Enqueued } from "./put-installs.ts";
export { InstallNotFoundError, WaitTimeoutError } from "./wait-for.ts";
