import type { FaultRule } from "./faults/rule.ts";

/** How the sandbox behaves. Everything may be left out. */
export interface SandboxOptions {
  /** Default: 0, any free port. */
  readonly port?: number | undefined;
  /** Default: 127.0.0.1. */
  readonly host?: string | undefined;
  /** The only key that is accepted. Default: made at random. */
  readonly accessKey?: string | undefined;
  /** The only organization there is, a UUID. Default: made at random. */
  readonly organizationId?: string | undefined;
  /** The only app Meta knows here. Default: 123456789012345. */
  readonly metaAppId?: string | undefined;
  /** That app's secret. Default: made at random. */
  readonly metaAppSecret?: string | undefined;
  /** Reads about one WhatsApp Business account, in an hour; 0 is no limit. Default: 5000, Meta's for one with a registered number. */
  readonly metaCallsPerHour?: number | undefined;
  /**
   * Subscribes every workspace at its first use. The subscriptions appear in lists and can be deleted like others.
   */
  readonly subscribeAll?: SubscribeAll | undefined;
  /** Folder of the built console, which holds the sandbox's page. Default: the sandbox serves no page. */
  readonly pageDir?: string | undefined;
  /** Rules from the start. */
  readonly faults?: readonly FaultRule[] | undefined;
  /** Seed of random faults: the same seed strikes the same numbers. Default: 1. */
  readonly seed?: number | undefined;
  /** In place of the seed: a number in [0, 1) for a key, always the same for the same key. */
  readonly random?: ((key: string) => number) | undefined;
  /** Per workspace, DELETE included; 0 is no limit. Default: 500, Bird's documented limit. */
  readonly postsPerSecond?: number | undefined;
  /** Per workspace; 0 is no limit. Default: 50, Bird's documented limit. */
  readonly getsPerSecond?: number | undefined;
  /** Whether a second connector of a phone id in a workspace is refused with 409; Bird's rule is unknown. Default: none. */
  readonly conflictOn?: "none" | "phoneId" | undefined;
  /** From connector to channel and event; 0 is right after the 201. Default: 300. */
  readonly channelDelayMs?: number | undefined;
  /** Gaps between tries of an event that is not acknowledged; given up after the last. Default: from 1 s, growing, for 8 hours. */
  readonly eventRepeatMs?: readonly number[] | undefined;
  /** How long a receiver may take for one try. Default: 5000. */
  readonly eventTimeoutMs?: number | undefined;
  /** Tries at once. Default: 64. */
  readonly eventsInFlightMax?: number | undefined;
  /** Receives log lines without secrets. Default: none. */
  readonly log?: ((message: string) => void) | undefined;
  /** Unix milliseconds. Default: the clock. */
  readonly now?: (() => number) | undefined;
  /** Makes ids of connectors, channels, subscriptions and deliveries; UUIDs. Default: at random. */
  readonly newId?: (() => string) | undefined;
}

/** Where the events of every workspace go. */
export interface SubscribeAll {
  /** `{workspaceId}` in it stands for the workspace's id. */
  readonly url: string;
  readonly signingKey: (workspaceId: string) => string;
  /** Default: `channel.created` only. */
  readonly events?: readonly ("channel.created" | "channel.updated")[] | undefined;
}
