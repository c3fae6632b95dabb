import type { KeptEvent, RefusedEvents, UnreadableEvent } from "../api/resources.ts";
import { Copyable } from "../ui/copyable.tsx";
import type { Column } from "../ui/data-table.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { countText } from "../words/counts.ts";
import { shapeOf } from "./shape.ts";

const conflicts = {
  named_workspace: "It came to one workspace's address and names another.",
  other_workspace: "Its connector is an install's of another workspace.",
  not_held: "Its install has given the connector up.",
  other_channel: "A second event names another channel for its connector.",
} as const satisfies Record<NonNullable<KeptEvent["conflict"]>, string>;

const whyUnmatched = ({ conflict }: KeptEvent): string =>
  conflict === undefined
    ? "Its connector was made outside of Perch, or its install is not kept any more."
    : conflicts[conflict];

const short = (id: string): string => (id.length > 13 ? `${id.slice(0, 8)}…` : id);

export const keptColumns: readonly Column<KeptEvent>[] = [
  {
    id: "number",
    header: "Number",
    kind: "main",
    cell: ({ identifier }) => (
      <span className="wraps" dir="auto">
        {identifier ?? "not named"}
      </span>
    ),
  },
  { id: "why", header: "Why nothing took it", cell: (event) => <span>{whyUnmatched(event)}</span> },
  {
    id: "connector",
    header: "Connector",
    cell: ({ connectorId }) => (
      <Copyable label={`connector id ${connectorId}`} value={connectorId} shown={short(connectorId)} />
    ),
  },
  {
    id: "channel",
    header: "Channel",
    isWideOnly: true,
    cell: ({ channelId, channelStatus, otherChannelId }) => (
      <span>
        <Copyable label={`channel id ${channelId}`} value={channelId} shown={short(channelId)} />
        {otherChannelId !== undefined && (
          <span className="sub" title={otherChannelId}>
            and {short(otherChannelId)}
          </span>
        )}
        {channelStatus !== undefined && <span className="sub">{channelStatus}</span>}
      </span>
    ),
  },
  {
    id: "workspace",
    header: "Workspace",
    isWideOnly: true,
    cell: ({ workspaceId, namedWorkspaceId }) => (
      <span>
        {workspaceId !== undefined && (
          <ScreenLink
            to={`/installs?workspace=${workspaceId}`}
            label={`Installs of workspace ${workspaceId}`}
          >
            <code title={workspaceId}>{short(workspaceId)}</code>
          </ScreenLink>
        )}
        {namedWorkspaceId !== undefined && (
          <span className="sub" title={namedWorkspaceId}>
            names {short(namedWorkspaceId)}
          </span>
        )}
      </span>
    ),
  },
  { id: "arrived", header: "Arrived", cell: ({ arrivedAt }) => <Moment at={arrivedAt} /> },
  {
    id: "look",
    header: "Action",
    cell: ({ connectorId, installId }) =>
      installId === undefined ? (
        <ScreenLink
          to={`/installs?q=${encodeURIComponent(connectorId)}`}
          label={`Look up the install of connector ${connectorId}`}
        >
          Look up
        </ScreenLink>
      ) : (
        <ScreenLink to={`/installs/${installId}`} label={`Open the install of connector ${connectorId}`}>
          Open its install
        </ScreenLink>
      ),
  },
];

export const refusedColumns: readonly Column<RefusedEvents>[] = [
  { id: "reason", header: "Reason", kind: "main", cell: ({ reason }) => <code>{reason}</code> },
  { id: "count", header: "Requests", kind: "number", cell: ({ count }) => countText(count) },
  { id: "action", header: "What to do", cell: ({ action }) => <span className="wraps">{action}</span> },
  { id: "first", header: "First", isWideOnly: true, cell: ({ firstAt }) => <Moment at={firstAt} /> },
  { id: "last", header: "Last", cell: ({ lastAt }) => <Moment at={lastAt} /> },
];

export const unreadableColumns: readonly Column<UnreadableEvent>[] = [
  {
    id: "why",
    header: "Why Perch cannot use it",
    kind: "main",
    cell: ({ reason }) => (
      <span className="wraps" dir="auto">
        {reason}
      </span>
    ),
  },
  {
    id: "shape",
    header: "Shape, without values",
    cell: ({ body, bytes }) => (
      <span className="wraps">
        <code>{shapeOf(body)}</code>
        <span className="sub">{bytes} bytes</span>
      </span>
    ),
  },
  {
    id: "workspace",
    header: "Workspace",
    isWideOnly: true,
    cell: ({ workspaceId }) =>
      workspaceId === undefined ? null : <code title={workspaceId}>{short(workspaceId)}</code>,
  },
  { id: "arrived", header: "Arrived", cell: ({ arrivedAt }) => <Moment at={arrivedAt} /> },
];
