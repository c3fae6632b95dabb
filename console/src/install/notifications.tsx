import { useState } from "react";
import { api } from "../api/client.ts";
import { usePages } from "../api/pages.ts";
import { answered } from "../api/problem.ts";
import { refreshMs } from "../api/query-client.ts";
import { useReading } from "../api/reading.ts";
import type { Notification } from "../api/resources.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { Failure, NotFresh, Unread } from "../ui/states.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { plural } from "../words/counts.ts";
import { notificationLooks } from "../words/notifications.ts";

/** What services were sent about an install, and what they answered; nothing where none was sent. */
export const InstallNotifications = ({ installId }: { readonly installId: string }) => {
  const { items, failure, stale, retry, more } = usePages(
    ["notifications", "of", installId],
    (cursor, signal) =>
      answered(
        api.GET("/v1/notifications", {
          params: { query: { installId, limit: 50, ...(cursor !== undefined && { cursor }) } },
          signal,
        }),
      ),
  );
  const isNone = items !== undefined && items.length === 0 && more === undefined;
  if (isNone || (items === undefined && failure === undefined)) return null;
  return (
    <section className="panel" aria-labelledby="notifications">
      <div className="panel-head">
        <h2 id="notifications">Notifications</h2>
        <ScreenLink to="/notifications">All notifications</ScreenLink>
      </div>
      {failure !== undefined && <Failure error={failure} retry={retry} />}
      <NotFresh stale={stale} />
      <ul className="deliveries">
        {items?.map((notification) => (
          <One key={notification.id} notification={notification} />
        ))}
      </ul>
      {more !== undefined && (
        <p className="more">
          <ActionButton isPending={more.isLoading} onPress={more.load}>
            Show more
          </ActionButton>
        </p>
      )}
    </section>
  );
};

const One = ({ notification }: { readonly notification: Notification }) => {
  const { id, type, status, url, attempts, createdAt, nextAttemptAt } = notification;
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <p className="delivery">
        <strong>{type}</strong> <StatusMark look={notificationLooks[status]} />{" "}
        <span className="quiet">
          {plural(attempts, "request")}, <Moment at={createdAt} />
          {nextAttemptAt !== undefined && (
            <>
              , next <Moment at={nextAttemptAt} />
            </>
          )}
        </span>
      </p>
      <bdi className="delivery-url">{url}</bdi>
      <details className="folded" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>Requests and answers</summary>
        {isOpen && <Deliveries id={id} />}
      </details>
    </li>
  );
};

const Deliveries = ({ id }: { readonly id: string }) => {
  const reading = useReading({
    queryKey: ["notifications", "one", id],
    queryFn: ({ signal }) =>
      answered(api.GET("/v1/notifications/{id}", { params: { path: { id } }, signal })),
    refetchInterval: refreshMs,
  });
  const { data, stale } = reading;
  if (data === undefined) return <Unread reading={reading} label="Reading its requests" lines={1} />;
  return (
    <>
      <NotFresh stale={stale} />
      {data.deliveries.length === 0 && <p className="quiet">Nothing was sent yet.</p>}
      <ul className="deliveries">
        {data.deliveries.map(({ at, status, durationMs, error: fault }) => (
          <li key={at}>
            <Moment at={at} />: {status === undefined ? "no answer" : `answered ${status}`}
            {durationMs !== undefined && ` after ${durationMs} ms`}
            {fault !== undefined && <bdi className="quiet"> {fault}</bdi>}
          </li>
        ))}
      </ul>
    </>
  );
};
