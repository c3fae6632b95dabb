import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ProblemError } from "./problem.ts";
import { endSession } from "./session-state.ts";

/** How often what is on the screen is read again, ms. */
export const refreshMs = 5000;

const isPassing = (error: unknown): boolean =>
  error instanceof ProblemError && (error.status === 0 || error.status === 429 || error.status === 503);

const onError = (error: unknown): void => {
  if (error instanceof ProblemError && error.status === 401) endSession(queryClient);
};

/** What was read from the API. What passes by itself is asked for again: no connection, a limit, Redis away. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 1000,
      retry: (failures, error) => isPassing(error) && failures < 2,
      retryDelay: (failures) => 500 * 2 ** failures,
    },
    mutations: { retry: false },
  },
});
