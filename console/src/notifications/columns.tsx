import type { Notification } from "../api/resources.ts";
import { ActionButton } from "../ui/action-button.tsx";
import type { Column } from "../ui/data-table.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { notificationLooks } from "../words/notifications.ts";

/**
 * @param acts.show Shows the requests of one.
 * @param acts.resend Sends one again; absent where the caller may not.
 */
export const notificationColumns = ({
  show,
  resend,
}: {
  readonly show: (notification: Notification) => void;
  readonly resend: ((notification: Notification) => void) | undefined;
}): readonly Column<Notification>[] => [
  {
    id: "about",
    header: "About",
    kind: "main",
    cell: ({ type, subjectId }) =>
      type.startsWith("connect.") ? (
        type
      ) : (
        <ScreenLink to={`/${type === "batch.finished" ? "batches" : "installs"}/${subjectId}`}>
          {type}
        </ScreenLink>
      ),
  },
  { id: "status", header: "Status", cell: ({ status }) => <StatusMark look={notificationLooks[status]} /> },
  {
    id: "to",
    header: "Receiver",
    kind: "name",
    cell: ({ url }) => (
      <span className="name" title={url}>
        {url}
      </span>
    ),
  },
  {
    id: "answer",
    header: "Last answer",
    cell: ({ lastStatus, lastError }) => (
      <span className="answer">
        {lastStatus ?? (lastError === undefined ? "none yet" : "none")}
        {lastError !== undefined && (
          <span className="sub" title={lastError}>
            {lastError}
          </span>
        )}
      </span>
    ),
  },
  {
    id: "attempts",
    header: "Requests",
    kind: "number",
    cell: (notification) => (
      <ActionButton
        kind="link"
        aria-label={`Requests of ${notification.type} of ${notification.subjectId}: ${notification.attempts}`}
        onPress={() => show(notification)}
      >
        {notification.attempts}
      </ActionButton>
    ),
  },
  {
    id: "when",
    header: "When",
    cell: ({ nextAttemptAt, deliveredAt, createdAt }) => (
      <Moment at={nextAttemptAt ?? deliveredAt ?? createdAt} />
    ),
  },
  ...(resend === undefined
    ? []
    : [
        {
          id: "resend",
          header: "Action",
          cell: (notification: Notification) => (
            <ActionButton
              kind="link"
              aria-label={`Send again: ${notification.type} of ${notification.subjectId}`}
              onPress={() => resend(notification)}
            >
              {notification.status === "pending" ? "Send now" : "Send again"}
            </ActionButton>
          ),
        },
      ]),
];
