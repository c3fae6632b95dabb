import { useCallback, useMemo } from "react";
import { useLocation } from "wouter";
import type { Install } from "../api/resources.ts";
import { FirstSteps } from "../session/first-steps.tsx";
import { mayDo, useSession } from "../session/session.tsx";
import { ActionButton } from "../ui/action-button.tsx";
import { ListOfPages } from "../ui/list-of-pages.tsx";
import { Screen } from "../ui/screen.tsx";
import { SearchBox } from "../ui/search-box.tsx";
import { Empty } from "../ui/states.tsx";
import { installColumns } from "./columns.tsx";
import { asQuery, isInstallId, type ListFilter, noFilter, useFilter } from "./filter.ts";
import { FilterBar } from "./filter-bar.tsx";
import { useEndedPages, useInstallPages } from "./pages.ts";
import { pickColumn, Selecting } from "./selection.tsx";
import { SelectionBar } from "./selection-bar.tsx";

/** Where is this number: every install, by status, cause, workspace, batch and time. */
export const InstallsScreen = () => {
  const { filter, change } = useFilter();
  const [, navigate] = useLocation();
  const search = useCallback(
    (q: string) => (isInstallId(q) ? navigate(`/installs/${q.toUpperCase()}`) : change({ q })),
    [change, navigate],
  );
  const List = filter.order === "updated" ? EndedList : NewestList;
  return (
    <Screen title="Installs">
      <div className="toolbar">
        <SearchBox
          label="Search installs"
          placeholder="Number, name or id"
          value={filter.q}
          onSearch={search}
        />
        <FilterBar filter={filter} change={change} />
      </div>
      {/* What is selected under a filter is not selected under another. */}
      <List key={JSON.stringify(filter)} filter={filter} clear={() => change(noFilter)} />
    </Screen>
  );
};

interface ListProps {
  readonly filter: ListFilter;
  readonly clear: () => void;
}

const NewestList = (props: ListProps) => <Rows {...props} pages={useInstallPages(asQuery(props.filter))} />;

const EndedList = (props: ListProps) => <Rows {...props} pages={useEndedPages(asQuery(props.filter))} />;

const columnsOfWriter = [pickColumn, ...installColumns];
const none: readonly Install[] = [];

const Rows = ({
  filter,
  clear,
  pages,
}: ListProps & { readonly pages: ReturnType<typeof useInstallPages | typeof useEndedPages> }) => {
  const mayWrite = mayDo(useSession(), "write");
  const items = pages.items ?? none;
  const shown = useMemo(() => items.map(({ id }) => id), [items]);
  const list = (
    <ListOfPages
      label="Installs"
      columns={mayWrite ? columnsOfWriter : installColumns}
      keyOf={({ id }) => id}
      pages={pages}
      nothing={<Nothing isFiltered={Object.keys(asQuery(filter)).length > 0} clear={clear} />}
    />
  );
  if (!mayWrite || shown.length === 0) return list;
  return (
    <Selecting shown={shown}>
      <SelectionBar shown={shown} filter={filter} />
      {list}
    </Selecting>
  );
};

const Nothing = ({ isFiltered, clear }: { readonly isFiltered: boolean; readonly clear: () => void }) =>
  isFiltered ? (
    <Empty title="No install matches">
      <p>Another filter may find it; a number is found in any usual writing, a name by a part of it.</p>
      <ActionButton onPress={clear}>Clear all filters</ActionButton>
    </Empty>
  ) : (
    <Empty title="No installs yet">
      <p>
        An install brings one WhatsApp number into one Bird workspace. <FirstSteps />
      </p>
    </Empty>
  );
