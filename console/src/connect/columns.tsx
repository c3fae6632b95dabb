import type { ConnectLink } from "../api/resources.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { Copyable } from "../ui/copyable.tsx";
import type { Column } from "../ui/data-table.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { isRevocable, linkLooks } from "../words/connect-links.ts";

/** @param revoke What begins the revocation of one; absent where the caller may not. */
export const linkColumns = (
  revoke: ((link: ConnectLink) => void) | undefined,
): readonly Column<ConnectLink>[] => [
  {
    id: "link",
    header: "Link",
    kind: "main",
    cell: ({ id }) => <Copyable label={`link id ${id}`} value={id} shown={`${id.slice(0, 14)}…`} />,
  },
  {
    id: "name",
    header: "Name",
    kind: "name",
    cell: ({ name }) => (
      <span className="name" title={name}>
        {name}
      </span>
    ),
  },
  { id: "status", header: "Status", cell: (link) => <Status link={link} /> },
  {
    id: "install",
    header: "Install",
    cell: ({ installId }) =>
      installId === undefined ? (
        <span className="quiet">none yet</span>
      ) : (
        <ScreenLink to={`/installs/${installId}`} label={`install ${installId}`}>
          {installId.slice(0, 10)}…
        </ScreenLink>
      ),
  },
  {
    id: "workspace",
    header: "Workspace",
    isWideOnly: true,
    cell: ({ workspaceId }) => (
      <Copyable
        label={`workspace id ${workspaceId}`}
        value={workspaceId}
        shown={`${workspaceId.slice(0, 13)}…`}
      />
    ),
  },
  { id: "expires", header: "Works until", cell: ({ expiresAt }) => <Moment at={expiresAt} /> },
  { id: "changed", header: "Changed", isWideOnly: true, cell: ({ updatedAt }) => <Moment at={updatedAt} /> },
  ...(revoke === undefined
    ? []
    : [
        {
          id: "revoke",
          header: "Action",
          cell: (link: ConnectLink) =>
            isRevocable(link) ? (
              <ActionButton
                kind="link"
                aria-label={`Revoke the link for ${link.name}`}
                onPress={() => revoke(link)}
              >
                Revoke
              </ActionButton>
            ) : null,
        },
      ]),
];

const Status = ({ link: { status, step, error, metaErrorId } }: { readonly link: ConnectLink }) => (
  <span className="wraps">
    <StatusMark look={linkLooks[status]} />
    {step !== undefined && <span className="more-of">at {step}</span>}
    {error !== undefined && (
      <span className="more-of" title={error.message}>
        {error.code}
        {metaErrorId !== undefined && ` ${metaErrorId}`}
      </span>
    )}
  </span>
);
