import type { Workspace } from "../api/resources.ts";
import { ActionMenu } from "../ui/action-menu.tsx";
import { Copyable } from "../ui/copyable.tsx";
import type { Column } from "../ui/data-table.tsx";
import { durationText } from "../ui/duration.ts";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { countText } from "../words/counts.ts";
import { installLooks, installStatuses } from "../words/install-status.ts";
import { freeLook, heldLook, holdWords, subscriptionLooks } from "../words/workspaces.ts";

/** What can be done with a workspace. */
export type WorkspaceAction = "resume" | "prepare" | "rotate" | "storeKey" | "removeKey";

/** @param act What begins an action; absent where the caller may do none. */
export const workspaceColumns = (
  act: ((workspace: Workspace, action: WorkspaceAction) => void) | undefined,
): readonly Column<Workspace>[] => [
  {
    id: "workspace",
    header: "Workspace",
    kind: "main",
    cell: ({ workspaceId }) => (
      <Copyable
        label={`workspace id ${workspaceId}`}
        value={workspaceId}
        shown={`${workspaceId.slice(0, 13)}…`}
      />
    ),
  },
  { id: "hold", header: "Hold", cell: (workspace) => <Hold workspace={workspace} /> },
  { id: "installs", header: "Installs", cell: (workspace) => <Installs workspace={workspace} /> },
  { id: "subscription", header: "Subscription", cell: (workspace) => <Subscription workspace={workspace} /> },
  {
    id: "key",
    header: "Access key",
    isWideOnly: true,
    cell: ({ hasOwnAccessKey }) => (hasOwnAccessKey ? "its own" : "shared"),
  },
  {
    id: "event",
    header: "Last event",
    isWideOnly: true,
    cell: ({ lastEventAt }) => (lastEventAt === undefined ? null : <Moment at={lastEventAt} />),
  },
  {
    id: "budget",
    header: "Budget taken",
    isWideOnly: true,
    cell: ({ budgetAheadMs }) => (budgetAheadMs === 0 ? "none" : durationText(budgetAheadMs)),
  },
  ...(act === undefined
    ? []
    : [
        {
          id: "act",
          header: "Action",
          cell: (workspace: Workspace) => (
            <ActionMenu
              label={`Actions for workspace ${workspace.workspaceId}`}
              items={actionsFor(workspace)}
              onAction={(action) => act(workspace, action)}
            />
          ),
        },
      ]),
];

const actionsFor = ({ hold, hasOwnAccessKey }: Workspace) => [
  ...(hold === undefined ? [] : [{ id: "resume" as const, text: "Resume" }]),
  { id: "prepare" as const, text: "Prepare its events" },
  { id: "rotate" as const, text: "Rotate its subscription" },
  { id: "storeKey" as const, text: hasOwnAccessKey ? "Replace its access key" : "Store an access key" },
  ...(hasOwnAccessKey ? [{ id: "removeKey" as const, text: "Remove its access key" }] : []),
];

const Hold = ({ workspace: { hold, heldInstalls } }: { readonly workspace: Workspace }) =>
  hold === undefined ? (
    <StatusMark look={freeLook} />
  ) : (
    <span className="wraps">
      <StatusMark look={heldLook} />
      <span className="more-of">
        {holdWords[hold.reason]}; {heldInstalls} wait, Perch tries again <Moment at={hold.until} />
      </span>
    </span>
  );

/** The API counts statuses of a workspace's newest installs only, and all installs whatever their status. */
const Installs = ({
  workspace: { workspaceId, installs, newestByStatus },
}: {
  readonly workspace: Workspace;
}) => {
  const statuses = installStatuses.filter((status) => newestByStatus[status] > 0);
  const counted = statuses.reduce((sum, status) => sum + newestByStatus[status], 0);
  return (
    <span className="wraps">
      <ScreenLink
        to={`/installs?workspace=${workspaceId}`}
        label={`${installs} installs of workspace ${workspaceId}`}
      >
        {countText(installs)}
      </ScreenLink>
      <span className="more-of">
        {counted > 0 && counted < installs && `Of the newest ${counted}: `}
        {statuses
          .map((status) => `${newestByStatus[status]} ${installLooks[status].word.toLowerCase()}`)
          .join(", ")}
      </span>
    </span>
  );
};

const Subscription = ({ workspace: { subscription } }: { readonly workspace: Workspace }) =>
  subscription === undefined ? (
    <span className="quiet">not checked yet</span>
  ) : (
    <span className="wraps" title={subscription.url}>
      <StatusMark look={subscriptionLooks[subscription.status]} />
      {subscription.reason !== undefined && <span className="more-of">{subscription.reason}</span>}
    </span>
  );
