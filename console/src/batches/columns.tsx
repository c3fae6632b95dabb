import type { Batch } from "../api/resources.ts";
import type { Column } from "../ui/data-table.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { batchLooks } from "../words/batch-status.ts";
import { countText, percentText } from "../words/counts.ts";
import { OutcomeBar } from "../words/outcome-bar.tsx";
import { endedRows } from "../words/outcomes.ts";

/** The batches of a list, one a row. */
export const batchColumns: readonly Column<Batch>[] = [
  {
    id: "name",
    header: "Name",
    kind: "name",
    cell: ({ id, name }) => (
      <span className="name main-name" dir="auto" title={name}>
        <ScreenLink to={`/batches/${id}`}>{name}</ScreenLink>
      </span>
    ),
  },
  { id: "status", header: "Status", cell: ({ status }) => <StatusMark look={batchLooks[status]} /> },
  {
    id: "progress",
    header: "Progress",
    cell: (batch) => (
      <div className="progress-cell">
        <OutcomeBar batch={batch} />
        <span className="quiet">{percentText(endedRows(batch), batch.rows)}</span>
      </div>
    ),
  },
  { id: "rows", header: "Rows", kind: "number", cell: ({ rows }) => countText(rows) },
  {
    id: "failed",
    header: "Failed",
    kind: "number",
    cell: ({ failed, completed, cancelled }) =>
      failed === 0 ? (
        "0"
      ) : (
        <span>
          {countText(failed)}{" "}
          <span className="quiet">({percentText(failed, failed + completed + cancelled)})</span>
        </span>
      ),
  },
  { id: "rejected", header: "To correct", kind: "number", cell: ({ rejected }) => countText(rejected) },
  { id: "started", header: "Started", cell: ({ createdAt }) => <Moment at={createdAt} /> },
  {
    id: "by",
    header: "By",
    isWideOnly: true,
    cell: ({ requestedBy }) => (requestedBy === undefined ? null : <span dir="auto">{requestedBy}</span>),
  },
];
