import type { Notification } from "../api/resources.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { Copyable } from "../ui/copyable.tsx";
import { ScreenDialog } from "../ui/dialog.tsx";
import { durationText } from "../ui/duration.ts";
import { Facts } from "../ui/facts.tsx";
import { Moment } from "../ui/moment.tsx";
import { NotFresh, Unread } from "../ui/states.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { notificationLooks } from "../words/notifications.ts";
import { useNotification } from "./notifications-query.ts";

/** The requests of one notification, and what each was answered. */
export const RequestsDialog = ({
  notification: { id },
  onClose,
}: {
  readonly notification: Notification;
  readonly onClose: () => void;
}) => {
  const reading = useNotification(id);
  const { data } = reading;
  return (
    <ScreenDialog title="Requests" isOpen onClose={onClose}>
      {data === undefined ? (
        <Unread reading={reading} label="Reading its requests" lines={3} />
      ) : (
        <>
          <NotFresh stale={reading.stale} />
          <Facts
            facts={[
              ["Status", <StatusMark key="status" look={notificationLooks[data.status]} />],
              ["Receiver", data.url],
              ["webhook-id", <Copyable key="id" label="webhook-id" value={data.id} />],
              ["Next", data.nextAttemptAt && <Moment key="next" at={data.nextAttemptAt} />],
            ]}
          />
          {data.deliveries.length === 0 ? (
            <p className="quiet">{data.lastError ?? "No request was made yet."}</p>
          ) : (
            <ol className="requests" aria-label="Requests, oldest first">
              {data.deliveries.map(({ at, status, durationMs, error: why }) => (
                <li key={at}>
                  <Moment at={at} />
                  <span>
                    {status ?? "no answer"}
                    {durationMs !== undefined && ` after ${durationText(durationMs)}`}
                    {why !== undefined && <span className="more-of">{why}</span>}
                  </span>
                </li>
              ))}
            </ol>
          )}
        </>
      )}
      <div className="dialog-end">
        <ActionButton onPress={onClose}>Close</ActionButton>
      </div>
    </ScreenDialog>
  );
};
