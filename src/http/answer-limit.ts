import type { ClientRequest } from "node:http";
import type { RequestPromise } from "got";

/**
 * Ends a request whose answer is longer than `maxBytes`: without a limit an endless answer exhausts memory. For requests
 * that do not decompress, so that the counted bytes are those received.
 */
export const createAnswerLimit = (maxBytes: number) => {
  let isExceeded = false;
  return {
    /** Watches a request of got, which fails when its answer is too long. */
    watch: <Answer>(sending: RequestPromise<Answer>): RequestPromise<Answer> => {
      let request: ClientRequest | undefined;
      sending.on("request", (sent) => {
        request = sent;
      });
      sending.on("downloadProgress", ({ transferred }) => {
        if (transferred <= maxBytes) return;
        isExceeded = true;
        request?.destroy();
      });
      return sending;
    },
    isExceeded: (): boolean => isExceeded,
  };
};
