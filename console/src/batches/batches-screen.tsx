import { useMemo } from "react";
import { Link, useSearchParams } from "wouter";
import { api } from "../api/client.ts";
import { useNewestPages } from "../api/newest-pages.ts";
import { answered } from "../api/problem.ts";
import type { BatchesFilter } from "../api/resources.ts";
import { mayDo, useSession } from "../session/session.tsx";
import { ActionButton } from "../ui/action-button.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { ListOfPages } from "../ui/list-of-pages.tsx";
import { Screen } from "../ui/screen.tsx";
import { SearchBox } from "../ui/search-box.tsx";
import { withParam } from "../ui/search-params.ts";
import { SelectMany } from "../ui/select.tsx";
import { Empty } from "../ui/states.tsx";
import { statusChoice } from "../ui/status-mark.tsx";
import { batchLooks, batchStatuses } from "../words/batch-status.ts";
import { batchColumns } from "./columns.tsx";

const statusChoices = batchStatuses.map((id) => statusChoice(id, batchLooks[id]));

/** What was uploaded, by whom, and how it goes. */
export const BatchesScreen = () => {
  const [params, setParams] = useSearchParams();
  const mayWrite = mayDo(useSession(), "write");
  const q = params.get("q") ?? "";
  const wanted = params.get("status") ?? "";
  const statuses = batchStatuses.filter((status) => wanted.split(",").includes(status));
  const change = (name: "q" | "status", value: string): void =>
    setParams((before) => withParam(before, name, value), { replace: true });
  return (
    <Screen title="Batches" actions={mayWrite && <ImportLink />}>
      <div className="toolbar">
        <SearchBox
          label="Search batches"
          placeholder="Name, id or who sent it"
          value={q}
          onSearch={(text) => change("q", text)}
        />
        <SelectMany
          label="Status"
          none="Any status"
          choices={statusChoices}
          values={statuses}
          onChange={(ids) => change("status", ids.join(","))}
        />
      </div>
      <List q={q} statusText={statuses.join(",")} clear={() => setParams({}, { replace: true })} />
    </Screen>
  );
};

const List = ({
  q,
  statusText,
  clear,
}: {
  readonly q: string;
  readonly statusText: string;
  readonly clear: () => void;
}) => {
  const filter = useMemo((): BatchesFilter => {
    const status = batchStatuses.filter((known) => statusText.split(",").includes(known));
    return { ...(q !== "" && { q }), ...(status.length > 0 && { status }) };
  }, [q, statusText]);
  const pages = useNewestPages("batches", filter, (page, signal) =>
    answered(api.GET("/v1/batches", { params: { query: { ...filter, ...page } }, signal })),
  );
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <ListOfPages
      label="Batches"
      columns={batchColumns}
      keyOf={({ id }) => id}
      pages={pages}
      nothing={isFiltered ? <NoMatch clear={clear} /> : <NoBatches />}
    />
  );
};

const ImportLink = () => (
  <Link href="/import" className="action" data-kind="primary">
    Import a file
  </Link>
);

const NoMatch = ({ clear }: { readonly clear: () => void }) => (
  <Empty title="No batch matches">
    <p>A batch is found by a part of its name, by its id, or by the API key it was sent with.</p>
    <ActionButton onPress={clear}>Clear all filters</ActionButton>
  </Empty>
);

const NoBatches = () => {
  const mayWrite = mayDo(useSession(), "write");
  return (
    <Empty title="No batches yet">
      <p>
        A batch is a file of numbers: CSV, Excel or NDJSON, one number a row.{" "}
        {mayWrite ? (
          <>
            <ScreenLink to="/import">Import one</ScreenLink>, or send it with <code>POST /v1/batches</code>.
          </>
        ) : (
          <>
            A key with the scope <code>write</code> sends some.
          </>
        )}
      </p>
    </Empty>
  );
};
