import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";
import type { BatchRowsFilter } from "../api/resources.ts";
import { isErrorCode } from "../words/error-codes.ts";

export const rowStatuses = ["completed", "failed", "rejected", "cancelled", "awaiting", "queued"] as const;
export type RowStatus = (typeof rowStatuses)[number];

/** Which rows of a batch are shown; it is in the address. */
export interface RowsFilter {
  readonly statuses: readonly RowStatus[];
  readonly code: string | undefined;
  readonly fault: number | undefined;
  readonly q: string;
}

export const noRowsFilter: RowsFilter = { statuses: [], code: undefined, fault: undefined, q: "" };

const readFilter = (params: URLSearchParams): RowsFilter => {
  const wanted = (params.get("status") ?? "").split(",");
  const fault = params.get("fault") ?? "";
  return {
    statuses: rowStatuses.filter((status) => wanted.includes(status)),
    code: params.get("code") ?? undefined,
    fault: /^\d{1,3}$/.test(fault) ? Number(fault) : undefined,
    q: params.get("q") ?? "",
  };
};

const writeFilter = ({ statuses, code, fault, q }: RowsFilter): URLSearchParams => {
  const texts = { status: statuses.join(","), code: code ?? "", fault: fault?.toString() ?? "", q };
  return new URLSearchParams(Object.entries(texts).filter(([, text]) => text !== ""));
};

/** The filter of the address, and what changes members of it. */
export const useRowsFilter = () => {
  const [params, setParams] = useSearchParams();
  const filter = useMemo(() => readFilter(params), [params]);
  const change = useCallback(
    (changed: Partial<RowsFilter>): void =>
      setParams((before) => writeFilter({ ...readFilter(before), ...changed }), { replace: true }),
    [setParams],
  );
  return { filter, change };
};

/** Shows these rows alone, and goes to them. */
export const useShowRows = () => {
  const { change } = useRowsFilter();
  return (only: Partial<RowsFilter>): void => {
    change({ ...noRowsFilter, ...only });
    document.getElementById("rows")?.focus();
  };
};

/** The filter as the API takes it. */
export const asRowsQuery = ({ statuses, code, fault, q }: RowsFilter): BatchRowsFilter => ({
  ...(statuses.length > 0 && { status: [...statuses] }),
  ...(code !== undefined && isErrorCode(code) && { code }),
  ...(fault !== undefined && { fault: String(fault) }),
  ...(q !== "" && { q }),
});
