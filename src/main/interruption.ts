/** Aborted by the first Ctrl-C; the second ends the process as usual. */
export const interruption = (): AbortSignal => {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
};
