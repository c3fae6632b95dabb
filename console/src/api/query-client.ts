import { MutationCache, QueryCache, QueryClient, type QueryKey } from "@tanstack/react-query";
import { ProblemError } from "./problem.ts";
import { endSession } from "./session-state.ts";

/** How often what is on the screen is read again, ms. */
export const refreshMs = 5000;

const isPassing = (error: unknown): boolean =>
  error instanceof ProblemError && (error.status === 0 || error.status === 429 || error.status === 503);

const onError = (error: unknown): void => {
  if (error instanceof ProblemError && error.status === 401) endSession(queryClient);
};

/** Why each query failed last. A query without data forgets it when it is asked again, before there is an answer. */
const lastErrors = new WeakMap<object, Error>();

/** What was read from the API. What passes by itself is asked for again: no connection, a limit, Redis away. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      lastErrors.set(query, error);
      onError(error);
    },
    onSuccess: (_, query) => lastErrors.delete(query),
  }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      // Without a network too: Perch may run on this machine, and what is shown must not grow old in silence.
      networkMode: "always",
      staleTime: 1000,
      retry: (failures, error) => isPassing(error) && failures < 2,
      retryDelay: (failures) => 500 * 2 ** failures,
    },
    mutations: { networkMode: "always", retry: false },
  },
});

/** Why it failed when it was asked for last, unless it was answered since. */
export const lastErrorOf = (queryKey: QueryKey): Error | undefined => {
  const query = queryClient.getQueryCache().find({ queryKey, exact: true });
  return query && lastErrors.get(query);
};
