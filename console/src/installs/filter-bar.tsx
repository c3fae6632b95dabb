import { ActionButton } from "../ui/action-button.tsx";
import { Glyph } from "../ui/icon.tsx";
import { SelectMany, SelectOne } from "../ui/select.tsx";
import { statusChoice } from "../ui/status-mark.tsx";
import { errorCodeChoices } from "../words/error-codes.ts";
import { installLooks, installStatuses, isEnded } from "../words/install-status.ts";
import type { ListFilter } from "./filter.ts";
import { TimeFilter } from "./time-filter.tsx";

const choiceOf = (status: (typeof installStatuses)[number]) => statusChoice(status, installLooks[status]);
const statusChoices = installStatuses.map(choiceOf);
const endedChoices = installStatuses.filter(isEnded).map(choiceOf);
const stuckChoices = [{ id: "true", text: "Stuck: due, and taken by no worker" }];
const orderChoices = [{ id: "updated", text: "Ended last first" }];

/** The filters beside the search field, and those that only a link sets. */
export const FilterBar = ({
  filter,
  change,
}: {
  readonly filter: ListFilter;
  readonly change: (changed: Partial<ListFilter>) => void;
}) => (
  <>
    <SelectMany
      label="Status"
      none="Any status"
      choices={filter.order === "updated" ? endedChoices : statusChoices}
      values={filter.statuses}
      onChange={(ids) => change({ statuses: installStatuses.filter((status) => ids.includes(status)) })}
    />
    <SelectOne
      label="Cause"
      none="Any cause"
      choices={errorCodeChoices}
      value={filter.code}
      onChange={(code) => change({ code })}
    />
    <TimeFilter filter={filter} change={change} />
    <SelectOne
      label="Stuck"
      none="Stuck or not"
      choices={stuckChoices}
      value={filter.stuck}
      onChange={(stuck) => change({ stuck })}
    />
    <SelectOne
      label="Order"
      none="Created last first"
      choices={orderChoices}
      value={filter.order}
      // Only what has ended is in the order of its end.
      onChange={(order) =>
        change({ order, ...(order === "updated" && { statuses: filter.statuses.filter(isEnded) }) })
      }
    />
    {filter.workspaceId !== undefined && (
      <Chip name="Workspace" value={filter.workspaceId} clear={() => change({ workspaceId: undefined })} />
    )}
    {filter.batchId !== undefined && (
      <Chip name="Batch" value={filter.batchId} clear={() => change({ batchId: undefined })} />
    )}
  </>
);

/** A filter that a link has set. */
const Chip = ({
  name,
  value,
  clear,
}: {
  readonly name: string;
  readonly value: string;
  readonly clear: () => void;
}) => (
  <span className="chip">
    {name} <code title={value}>{value.slice(0, 8)}…</code>
    <ActionButton kind="link" aria-label={`Remove the filter ${name}`} onPress={clear}>
      <Glyph name="clear" />
    </ActionButton>
  </span>
);
