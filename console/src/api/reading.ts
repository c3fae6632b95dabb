import { type QueryKey, type UseQueryOptions, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { lastErrorOf } from "./query-client.ts";

/** Why what is shown is not fresh: it could not be read again. */
export interface Stale {
  /** When it was read, ms. */
  readonly sinceMs: number;
  readonly error: Error;
}

/** What is read from the API, again and again while it is shown. */
export interface Reading<T> {
  readonly data: T | undefined;
  /** Why there is no data. It stays while it is asked for again, until there is an answer. */
  readonly failure: Error | undefined;
  readonly stale: Stale | undefined;
  readonly retry: () => void;
}

interface Query<T>
  extends Pick<UseQueryResult<T, Error>, "data" | "error" | "dataUpdatedAt" | "isPlaceholderData"> {
  readonly refetch: () => Promise<unknown>;
}

export const readingOf = <T>(queryKey: QueryKey, query: Query<T>): Reading<T> => {
  const { data, error, dataUpdatedAt, isPlaceholderData } = query;
  const retry = (): void => void query.refetch();
  if (data !== undefined && !isPlaceholderData)
    return {
      data,
      failure: undefined,
      stale: error === null ? undefined : { sinceMs: dataUpdatedAt, error },
      retry,
    };
  const failure = error ?? lastErrorOf(queryKey);
  return { data: failure === undefined ? data : undefined, failure, stale: undefined, retry };
};

export const useReading = <T>(
  options: UseQueryOptions<T, Error, T, QueryKey> & { readonly queryKey: QueryKey },
): Reading<T> & { readonly isReading: boolean } => {
  const query = useQuery(options);
  return { ...readingOf(options.queryKey, query), isReading: query.isFetching };
};
