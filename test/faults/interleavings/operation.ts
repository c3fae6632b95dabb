import { AsyncLocalStorage } from "node:async_hooks";

/** One atomic step of a process: a Redis command or script, or one exchange with Bird or Meta. */
export type Operation =
  | {
      readonly kind: "redis";
      readonly name: string;
      /** Of a script; its SHA-1 is then the first of `args`. */
      readonly lua: string | undefined;
      readonly args: readonly (string | Buffer)[];
    }
  /** The create. `maySend` is the worker's own guard, asked when the bytes would leave. */
  | { readonly kind: "create"; readonly of: string; readonly maySend: () => boolean }
  /** The delete of a connector. */
  | { readonly kind: "delete"; readonly id: string }
  /** A read at Bird; answered with ids. */
  | { readonly kind: "read"; readonly name: "list connectors" | "get connector"; readonly id: string }
  /** The check of the number at Meta; answered with what it comes to. */
  | { readonly kind: "ask Meta" }
  /** The webhook's 2xx. */
  | { readonly kind: "acknowledge" };

/** The process of the model whose code runs at this moment, as the explorer sees it. */
interface Running {
  /** By how much the clock of its machine is ahead of Redis's, ms. */
  readonly aheadMs: number;
  issue(operation: Operation): Promise<unknown>;
  /** From here on only `key` decides what the process does, and no longer how it came here. */
  forgetBut(key: string): void;
}

export const running = new AsyncLocalStorage<Running>();

/** Hands an operation to the explorer; undefined when no process of the model runs. */
export const issue = (operation: Operation): Promise<unknown> | undefined =>
  running.getStore()?.issue(operation);

/** What a process hears instead of a reply: Redis did not do what it was asked to. */
interface Refused {
  readonly refused: string;
}

export const isRefused = (reply: unknown): reply is Refused =>
  typeof reply === "object" && reply !== null && "refused" in reply && typeof reply.refused === "string";

/** Lets places of a process that differ only in their past be one place, or there would be far too many. */
export const forgetBut = (key: string): void => running.getStore()?.forgetBut(key);
