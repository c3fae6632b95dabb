import type { BirdAnswer, BirdClient } from "./bird-client.ts";
import { type Operation, operationOf } from "./operation.ts";

/** One request to Bird that has ended. */
export interface BirdExchange {
  readonly operation: Operation;
  /** Method and path without ids: `POST connectors`. */
  readonly route: string;
  /** Bird's status, or why there is none. */
  readonly status: number | Exclude<BirdAnswer["kind"], "answered">;
  readonly elapsedMs: number;
}

/** The same client, which tells of every request once it has ended. */
export const measureBird = (client: BirdClient, onAnswer: (exchange: BirdExchange) => void): BirdClient => ({
  send: async (request) => {
    const startMs = performance.now();
    const answer = await client.send(request);
    onAnswer({
      ...operationOf(request.method, request.path),
      status: answer.kind === "answered" ? answer.status : answer.kind,
      elapsedMs: performance.now() - startMs,
    });
    return answer;
  },
  close: client.close,
});
