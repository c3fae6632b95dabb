/**
 * A bound on the size of an answer, for got: it would read one without end to the end of memory. Hand `signal` and `progress`
 * to a request that does not decompress, so that what comes is what is counted.
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
