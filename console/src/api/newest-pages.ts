import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { afterUlid } from "./after-ulid.ts";
import { refreshMs } from "./query-client.ts";
import { readingOf } from "./reading.ts";

const pageSize = 50;
const newMax = 100;

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | null | undefined;
}

/** Which page is read. */
export interface PageOf {
  readonly limit: number;
  readonly cursor?: string;
}

/** Where a list began when it was first shown. */
interface Anchor {
  readonly key: string;
  readonly newest: string;
  readonly cursor: string;
}

/**
 * What matches a filter, newest first, read again as it is shown. New ones do not push the others down: they are counted,
 * and shown when they are asked for.
 *
 * @param name What is listed, under which its pages are kept.
 * @param filter What it is listed by, which the pages are kept under too.
 */
export const useNewestPages = <T extends { readonly id: string }>(
  name: string,
  filter: object,
  readPage: (page: PageOf, signal: AbortSignal) => Promise<Page<T>>,
) => {
  const key = JSON.stringify(filter);
  const [set, setAnchor] = useState<Anchor | undefined>();
  const anchor = set?.key === key ? set : undefined;
  const topKey = [name, "top", key];
  const top = useQuery({
    queryKey: topKey,
    queryFn: ({ signal }) => readPage({ limit: newMax }, signal),
    refetchInterval: refreshMs,
  });
  const topIds = top.data?.items.map(({ id }) => id) ?? [];
  const begin = beginOf(topIds[0], top.data?.nextCursor ?? undefined);
  // What the first answer had on top stays on top.
  if (anchor === undefined && begin !== undefined) setAnchor({ key, ...begin });
  const listKey = [name, "list", key, anchor?.cursor];
  const list = useInfiniteQuery({
    queryKey: listKey,
    enabled: anchor !== undefined,
    initialPageParam: anchor?.cursor ?? "",
    queryFn: ({ pageParam, signal }) => readPage({ limit: pageSize, cursor: pageParam }, signal),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    refetchInterval: refreshMs,
    placeholderData: (before) => before,
  });
  const ofTop = readingOf(topKey, top);
  const ofList = readingOf(listKey, list);
  const items = ofList.data?.pages.flatMap((page) => page.items);
  const isNothing = top.data !== undefined && begin === undefined;
  return {
    items,
    isEmpty: isNothing || (items?.length === 0 && !list.hasNextPage),
    isLoading: top.isPending || (anchor !== undefined && list.isPending),
    failure: ofTop.failure ?? ofList.failure,
    stale: ofTop.stale ?? ofList.stale,
    // A list that does not know yet where it begins has no page to read.
    retry: () => void Promise.all([top.refetch(), ...(anchor === undefined ? [] : [list.refetch()])]),
    more: list.hasNextPage
      ? { isLoading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }
      : undefined,
    unseen: unseenOf(topIds, anchor, (newest) => setAnchor({ key, newest, cursor: afterUlid(newest) })),
  };
};

/** Where a list begins: at its newest, or, where nothing of the newest matches, at what is further down. */
const beginOf = (
  newest: string | undefined,
  further: string | undefined,
): Omit<Anchor, "key"> | undefined => {
  if (newest !== undefined) return { newest, cursor: afterUlid(newest) };
  return further === undefined ? undefined : { newest: further, cursor: further };
};

/** How many came after the list began, and what shows them. */
const unseenOf = (
  topIds: readonly string[],
  anchor: Anchor | undefined,
  showFrom: (newest: string) => void,
): { readonly text: string; readonly show: () => void } | undefined => {
  const unseen = anchor === undefined ? [] : topIds.filter((id) => id > anchor.newest);
  const [newest] = unseen;
  if (newest === undefined) return undefined;
  return { text: unseen.length >= newMax ? `${newMax}+` : `${unseen.length}`, show: () => showFrom(newest) };
};
