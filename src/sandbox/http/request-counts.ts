/** Counts answers per operation and status. */
export interface RequestCounts {
  /** Without an operation it counts as `unknown`. */
  readonly add: (operation: string | undefined, status: number | "none") => void;
  readonly all: () => Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly clear: () => void;
}

/** Makes counts that start at zero. */
export const createRequestCounts = (): RequestCounts => {
  const counts = new Map<string, Map<string, number>>();
  return {
    add: (operation = "unknown", status) => {
      const ofOperation = counts.get(operation) ?? new Map<string, number>();
      counts.set(operation, ofOperation);
      ofOperation.set(String(status), (ofOperation.get(String(status)) ?? 0) + 1);
    },
    all: () =>
      Object.fromEntries(
        [...counts].map(([operation, statuses]) => [operation, Object.fromEntries(statuses)]),
      ),
    clear: () => counts.clear(),
  };
};
