/** How far the install of a finished signup is. `delayed`: it goes on by itself, later. */
export type ConnectProgress = "queued" | "creating" | "activating" | "delayed";

/** What the service answers to every request of a session. */
export interface SessionAnswer {
  readonly status:
    | "open"
    | "opened"
    | "signing_up"
    | "connected"
    | "cancelled_by_customer"
    | "failed"
    | "expired"
    | "revoked";
  /** Changes with anything that is shown; opaque. */
  readonly state: string;
  readonly progress?: ConnectProgress | undefined;
  readonly error?: { readonly code: string } | undefined;
  readonly canReopen: boolean;
  readonly expiresAt: string;
  readonly redirectUrl?: string | undefined;
}

/** What it answers when a session is opened. */
export interface OpenedAnswer extends SessionAnswer {
  readonly name: string;
  readonly logoUrl?: string | undefined;
  readonly meta: MetaSettings;
}

export interface MetaSettings {
  readonly appId: string;
  readonly configId: string;
  readonly graphVersion: string;
  readonly sdkUrl: string;
  /** Origins whose messages are Meta's. */
  readonly allowedOrigins: readonly string[];
}
