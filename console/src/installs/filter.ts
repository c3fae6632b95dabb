import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";
import type { InstallStatus, InstallsFilter } from "../api/resources.ts";
import { withParam } from "../ui/search-params.ts";
import { isErrorCode } from "../words/error-codes.ts";
import { installStatuses, isEnded } from "../words/install-status.ts";

/** Which installs the list shows. It is in the address, so that it can be sent to somebody. */
export interface ListFilter {
  readonly q: string;
  readonly statuses: readonly InstallStatus[];
  readonly code: string | undefined;
  readonly workspaceId: string | undefined;
  readonly batchId: string | undefined;
  /** A duration before now, a day or a time, as the API takes it. */
  readonly createdFrom: string | undefined;
  readonly createdTo: string | undefined;
  /** `true`: only those that no worker has taken although they are due. */
  readonly stuck: string | undefined;
  /** `updated`: only what has ended, the latest end first. */
  readonly order: string | undefined;
}

export const noFilter: ListFilter = {
  q: "",
  statuses: [],
  code: undefined,
  workspaceId: undefined,
  batchId: undefined,
  createdFrom: undefined,
  createdTo: undefined,
  stuck: undefined,
  order: undefined,
};

const names = {
  q: "q",
  statuses: "status",
  code: "code",
  workspaceId: "workspace",
  batchId: "batch",
  createdFrom: "createdFrom",
  createdTo: "createdTo",
  stuck: "stuck",
  order: "order",
} as const satisfies Record<keyof ListFilter, string>;

/** A shorter name of `createdFrom`, which links have. */
const since = "since";

const readFilter = (params: URLSearchParams): ListFilter => {
  const wanted = (params.get(names.statuses) ?? "").split(",");
  const text = (name: string): string | undefined => params.get(name) ?? undefined;
  return {
    q: params.get(names.q) ?? "",
    statuses: installStatuses.filter((status) => wanted.includes(status)),
    code: text(names.code),
    workspaceId: text(names.workspaceId),
    batchId: text(names.batchId),
    createdFrom: text(names.createdFrom) ?? text(since),
    createdTo: text(names.createdTo),
    stuck: text(names.stuck),
    order: text(names.order),
  };
};

/** The filter of the address, and what changes members of it. */
export const useFilter = () => {
  const [params, setParams] = useSearchParams();
  const filter = useMemo(() => readFilter(params), [params]);
  const change = useCallback(
    (changed: Partial<ListFilter>): void =>
      setParams(
        (before) =>
          Object.entries({ ...readFilter(before), ...changed }).reduce(
            (next, [member, value]) =>
              withParam(next, names[member as keyof ListFilter], [value ?? ""].flat().join(",")),
            withParam(before, since, ""),
          ),
        { replace: true },
      ),
    [setParams],
  );
  return { filter, change };
};

/** Members that the list and the actions on many installs name alike. */
const commonOf = (filter: ListFilter) => ({
  ...(filter.q !== "" && { q: filter.q }),
  ...(filter.code !== undefined && isErrorCode(filter.code) && { errorCode: filter.code }),
  ...(filter.workspaceId !== undefined && { workspaceId: filter.workspaceId }),
  ...(filter.batchId !== undefined && { batchId: filter.batchId }),
  ...(filter.createdFrom !== undefined && { createdFrom: filter.createdFrom }),
  ...(filter.createdTo !== undefined && { createdTo: filter.createdTo }),
  ...(filter.stuck === "true" && { stuck: true }),
});

/** The filter as the list of the API takes it. */
export const asQuery = (filter: ListFilter): InstallsFilter => ({
  ...commonOf(filter),
  ...(filter.statuses.length > 0 && { status: [...filter.statuses] }),
  ...(filter.order === "updated" && { order: "updated" }),
});

/**
 * The filter as an action on many installs takes it.
 *
 * @param allowed Statuses the action is for.
 * @returns undefined: the filter has no install of these statuses.
 */
export const asTarget = <S extends InstallStatus>(filter: ListFilter, allowed: readonly S[]) => {
  const status = allowed.filter(
    (each) =>
      (filter.statuses.length === 0 || filter.statuses.includes(each)) &&
      (filter.order !== "updated" || isEnded(each)),
  );
  return status.length === 0 ? undefined : { ...commonOf(filter), status };
};

/** Whether the text is the id of an install. */
export const isInstallId = (text: string): boolean => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(text);
