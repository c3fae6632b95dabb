import { useInfiniteQuery } from "@tanstack/react-query";
import { refreshMs } from "./query-client.ts";
import { readingOf } from "./reading.ts";

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | null | undefined;
}

/**
 * A list of the API, page by page, read again as it is shown.
 *
 * @param options.keepsOthers Shows what another key had until the first page of this one is there.
 */
export const usePages = <T>(
  queryKey: readonly unknown[],
  readPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  { keepsOthers = false } = {},
) => {
  const list = useInfiniteQuery({
    queryKey,
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => readPage(pageParam === "" ? undefined : pageParam, signal),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    refetchInterval: refreshMs,
    placeholderData: (before) => (keepsOthers ? before : undefined),
  });
  const { data, failure, stale, retry } = readingOf(queryKey, list);
  const items = data?.pages.flatMap((page) => page.items);
  return {
    items,
    isEmpty: items?.length === 0 && !list.hasNextPage,
    isLoading: list.isPending,
    failure,
    stale,
    retry,
    more: list.hasNextPage
      ? { isLoading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }
      : undefined,
  };
};
