/** An event with a good signature that was stored and answered. */
export interface AnsweredEvent {
  /** Route of the webhook. */
  readonly route: string;
  readonly status: number;
  readonly elapsedMs: number;
  readonly result: string;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  /** The install it was matched with. */
  readonly installId?: string | undefined;
}

/** Where the webhook service tells what becomes part of traces. */
export interface WebhookTraces {
  /** Never rejects. */
  readonly eventAnswered: (event: AnsweredEvent) => Promise<void>;
}
