import type { BatchRow } from "../api/resources.ts";
import type { Column } from "../ui/data-table.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { PersonName } from "../ui/person-name.tsx";
import { type StatusLook, StatusMark } from "../ui/status-mark.tsx";
import { codeWords } from "../words/actors.ts";
import { installLooks } from "../words/install-status.ts";
import { outcomes } from "../words/outcomes.ts";

const endLooks: Readonly<Record<string, StatusLook | undefined>> = Object.fromEntries(outcomes);

const lookOf = ({ status, installStatus }: BatchRow): StatusLook | undefined =>
  installStatus === undefined ? endLooks[status] : installLooks[installStatus];

/** The rows of a batch, as a table shows them. */
export const rowColumns: readonly Column<BatchRow>[] = [
  {
    id: "row",
    header: "Row",
    cell: ({ row, line }) => (
      <span title={line === undefined ? undefined : `Line ${line} of the file`}>{row}</span>
    ),
  },
  {
    id: "number",
    header: "Number",
    kind: "main",
    cell: ({ installId, phoneNumber, row }) =>
      installId === undefined ? (
        <bdi className="cut">{phoneNumber ?? "no number"}</bdi>
      ) : (
        <ScreenLink to={`/installs/${installId}`}>{phoneNumber ?? `install of row ${row}`}</ScreenLink>
      ),
  },
  {
    id: "name",
    header: "Name",
    kind: "name",
    cell: ({ name }) => <PersonName name={name} />,
  },
  {
    id: "status",
    header: "Status",
    cell: (row) => {
      const look = lookOf(row);
      if (look === undefined) return row.status;
      return (
        <span>
          <StatusMark look={look} />
          {row.isAttached === true && <span className="sub">joined an install</span>}
        </span>
      );
    },
  },
  {
    id: "why",
    header: "Cause",
    kind: "text",
    cell: ({ errorCode, errorMessage, action }) =>
      errorCode === undefined ? null : (
        <span title={action}>
          {codeWords(errorCode)}
          <bdi className="sub wrapped">{errorMessage}</bdi>
        </span>
      ),
  },
  {
    id: "ids",
    header: "Connector, channel",
    isWideOnly: true,
    cell: ({ connectorId, channelId }) =>
      connectorId === undefined ? null : (
        <span>
          <code title={connectorId}>{connectorId.slice(0, 8)}</code>
          {channelId !== undefined && (
            <>
              {" "}
              <code title={channelId}>{channelId.slice(0, 8)}</code>
            </>
          )}
        </span>
      ),
  },
  {
    id: "changed",
    header: "Changed",
    cell: ({ updatedAt }) => (updatedAt === undefined ? null : <Moment at={updatedAt} />),
  },
];
