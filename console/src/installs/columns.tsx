import type { Install } from "../api/resources.ts";
import type { Column } from "../ui/data-table.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { PersonName } from "../ui/person-name.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { codeWords } from "../words/actors.ts";
import { installLooks } from "../words/install-status.ts";

/** The installs of a list, one a row. */
export const installColumns: readonly Column<Install>[] = [
  {
    id: "number",
    header: "Number",
    kind: "main",
    cell: ({ id, phoneNumber }) => <ScreenLink to={`/installs/${id}`}>{phoneNumber}</ScreenLink>,
  },
  {
    id: "name",
    header: "Name",
    kind: "name",
    cell: ({ name }) => <PersonName name={name} />,
  },
  { id: "status", header: "Status", cell: ({ status }) => <StatusMark look={installLooks[status]} /> },
  {
    id: "why",
    header: "Cause",
    cell: ({ error }) =>
      error === undefined ? null : <span title={error.message}>{codeWords(error.code)}</span>,
  },
  {
    id: "next",
    header: "Next",
    cell: ({ nextActionAt }) => (nextActionAt === undefined ? null : <Moment at={nextActionAt} />),
  },
  { id: "changed", header: "Changed", cell: ({ updatedAt }) => <Moment at={updatedAt} /> },
  { id: "attempts", header: "Attempts", kind: "number", isWideOnly: true, cell: ({ attempts }) => attempts },
  {
    id: "workspace",
    header: "Workspace",
    isWideOnly: true,
    cell: ({ workspaceId }) => (
      <ScreenLink to={`/installs?workspace=${workspaceId}`} label={`Installs of workspace ${workspaceId}`}>
        <code title={workspaceId}>{workspaceId.slice(0, 8)}</code>
      </ScreenLink>
    ),
  },
  {
    id: "batch",
    header: "Batch",
    isWideOnly: true,
    cell: ({ batchId, row }) =>
      batchId === undefined ? null : (
        <ScreenLink
          to={`/batches/${batchId}`}
          label={`Batch ${batchId}${row === undefined ? "" : `, row ${row}`}`}
        >
          {row === undefined ? "batch" : `row\u00a0${row}`}
        </ScreenLink>
      ),
  },
];
