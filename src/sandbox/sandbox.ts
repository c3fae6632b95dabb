import { buildSandbox } from "./app.ts";
import type { FaultRule } from "./faults/rule.ts";
import type { MetaObjectsInput } from "./meta/objects.ts";
import type { SignupChoice } from "./meta/signup-endings.ts";
import { metaGraphPath } from "./meta.ts";
import type { SandboxOptions } from "./options.ts";
import type { SandboxReport } from "./report.ts";

/** A running simulation of Bird, for tests, demos and benchmarks. All its state is in memory. */
export interface Sandbox {
  /** In place of `https://api.bird.com`. */
  readonly url: string;
  readonly accessKey: string;
  readonly organizationId: string;
  /** Settings for exchanging the code of an embedded signup here, and for reading at Meta. */
  readonly meta: { readonly graphUrl: string; readonly appId: string; readonly appSecret: string };
  /** Replaces all fault rules, as `PUT /sandbox/faults` does. @throws {InputError} and keeps the old ones. */
  setFaults(rules: readonly FaultRule[]): void;
  /** Replaces what the simulated Meta knows, as `PUT /sandbox/meta` does. @throws {InputError} and keeps the old. */
  setMetaObjects(objects: MetaObjectsInput): void;
  /** Adds to it, as `POST /sandbox/meta` does. @throws {InputError} and adds nothing. */
  addMetaObjects(objects: MetaObjectsInput): void;
  /** Ends every signup window this way without a click, as `PUT /sandbox/signup` does; undefined: they wait for one. */
  setSignup(choice: SignupChoice | undefined): void;
  /** What `GET /sandbox/report` answers. */
  report(): SandboxReport;
  /**
   * Empties connectors, channels, messages, subscriptions, used codes, what Meta knows, events and counts, as `DELETE /sandbox/report` does. Fault
   * rules are kept, with their counts reset.
   */
  reset(): void;
  /** Closes every connection and cancels all events. */
  close(): Promise<void>;
}

/**
 * Starts the sandbox.
 *
 * @throws {InputError} when a rule of `faults` breaks the schema.
 * @throws {Error} with `code` `EADDRINUSE` when the port is taken.
 */
export const startSandbox = async (options: SandboxOptions = {}): Promise<Sandbox> => {
  const { app, metaApp, ...sandbox } = buildSandbox(options);
  const url = await app.listen({ port: options.port ?? 0, host: options.host ?? "127.0.0.1" });
  const meta = { graphUrl: `${url}${metaGraphPath}`, ...metaApp };
  return { ...sandbox, url, meta, close: () => app.close() };
};
