import { api } from "../api/client.ts";
import { usePages } from "../api/pages.ts";
import { answered } from "../api/problem.ts";
import type { Batch, BatchRowsFilter } from "../api/resources.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { Glyph } from "../ui/icon.tsx";
import { ListOfPages } from "../ui/list-of-pages.tsx";
import { SearchBox } from "../ui/search-box.tsx";
import { SelectMany, SelectOne } from "../ui/select.tsx";
import { Empty } from "../ui/states.tsx";
import { statusChoice } from "../ui/status-mark.tsx";
import { errorCodeChoices } from "../words/error-codes.ts";
import { outcomes } from "../words/outcomes.ts";
import { rowColumns } from "./row-columns.tsx";
import { asRowsQuery, noRowsFilter, rowStatuses, useRowsFilter } from "./rows-filter.ts";

const statusChoices = outcomes.map(([id, look]) => statusChoice(id, look));

/** The rows of a batch, in the order of its file. */
export const Rows = ({ batch }: { readonly batch: Batch }) => {
  const { filter, change } = useRowsFilter();
  return (
    <section className="rows" aria-labelledby="rows">
      <h2 id="rows" tabIndex={-1}>
        Rows
      </h2>
      <div className="toolbar">
        <SearchBox
          label="Search rows"
          placeholder="Number, name or id"
          value={filter.q}
          onSearch={(q) => change({ q })}
        />
        <SelectMany
          label="Status"
          none="Any status"
          choices={statusChoices}
          values={filter.statuses}
          onChange={(ids) => change({ statuses: rowStatuses.filter((status) => ids.includes(status)) })}
        />
        <SelectOne
          label="Cause"
          none="Any cause"
          choices={errorCodeChoices}
          value={filter.code}
          onChange={(code) => change({ code })}
        />
        {filter.fault !== undefined && (
          <span className="chip">
            One fault
            <ActionButton
              kind="link"
              aria-label="Remove the filter fault"
              onPress={() => change({ fault: undefined })}
            >
              <Glyph name="clear" />
            </ActionButton>
          </span>
        )}
      </div>
      <List batch={batch} filter={asRowsQuery(filter)} clear={() => change(noRowsFilter)} />
    </section>
  );
};

const pageSize = 100;

const List = ({
  batch,
  filter,
  clear,
}: {
  readonly batch: Batch;
  readonly filter: BatchRowsFilter;
  readonly clear: () => void;
}) => {
  const { id } = batch;
  const pages = usePages(
    ["batch-rows", id, filter],
    (cursor, signal) => {
      const query = { ...filter, limit: pageSize, ...(cursor !== undefined && { cursor }) };
      return answered(api.GET("/v1/batches/{id}/rows", { params: { path: { id }, query }, signal }));
    },
    { keepsOthers: true },
  );
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <ListOfPages
      label="Rows"
      columns={rowColumns}
      keyOf={({ row }) => String(row)}
      pages={pages}
      nothing={
        isFiltered ? (
          <Empty title="No row matches">
            <ActionButton onPress={clear}>Clear all filters</ActionButton>
          </Empty>
        ) : (
          <Empty title="No rows yet">
            <p>Its file is being read.</p>
          </Empty>
        )
      }
    />
  );
};
