import { Copyable } from "../ui/copyable.tsx";
import type { Column } from "../ui/data-table.tsx";
import { Moment } from "../ui/moment.tsx";
import { PersonName } from "../ui/person-name.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { countText } from "../words/counts.ts";
import type { Report } from "./sandbox-api.ts";

type Connector = Report["connectors"][number];

const stateOf = ({ deletedAt, channelId, channelStatus }: Connector) => {
  if (deletedAt !== undefined) return { word: "Deleted", sign: "slash", tone: "neutral" } as const;
  if (channelId === undefined) return { word: "No channel yet", sign: "again", tone: "waiting" } as const;
  return channelStatus === "active"
    ? ({ word: "Channel active", sign: "check", tone: "good" } as const)
    : ({ word: `Channel ${channelStatus}`, sign: "pause", tone: "warning" } as const);
};

export const connectorColumns: readonly Column<Connector>[] = [
  {
    id: "number",
    header: "Number",
    kind: "main",
    cell: ({ phoneNumber }) => phoneNumber ?? "not said",
  },
  {
    id: "name",
    header: "Name",
    kind: "name",
    cell: ({ name }) => <PersonName name={name} />,
  },
  { id: "state", header: "State", cell: (connector) => <StatusMark look={stateOf(connector)} /> },
  {
    id: "id",
    header: "Connector",
    isWideOnly: true,
    cell: ({ id }) => <Copyable label="connector id" value={id} />,
  },
  { id: "made", header: "Made", kind: "number", cell: ({ createdAt }) => <Moment at={createdAt} /> },
];

/** Answers of one operation. */
export interface Answers {
  readonly operation: string;
  readonly answers: Readonly<Record<string, number>>;
}

export const answerColumns: readonly Column<Answers>[] = [
  { id: "operation", header: "Asked for", kind: "main", cell: ({ operation }) => operation },
  {
    id: "answers",
    header: "Answered",
    kind: "text",
    cell: ({ answers }) =>
      Object.entries(answers)
        .map(([status, count]) => `${status === "none" ? "not at all" : status}: ${countText(count)}`)
        .join(" · "),
  },
];
