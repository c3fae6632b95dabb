/**
 * Limits the size of an answer that got reads: without a limit an endless answer exhausts memory. Pass `signal` and
 * `progress` to a request that does not decompress, so that the counted bytes are those received.
 *
 * @param options.signal Ends the request as well.
 */
export const createAnswerLimit = ({
  maxBytes,
  signal,
}: {
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}) => {
  const controller = new AbortController();
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    /** A listener of `downloadProgress`. */
    progress: ({ transferred }: { readonly transferred: number }): void => {
      if (transferred > maxBytes) controller.abort();
    },
    isExceeded: (): boolean => controller.signal.aborted,
  };
};
