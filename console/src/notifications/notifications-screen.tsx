import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import type { Notification } from "../api/resources.ts";
import { maySeeChecks } from "../session/doctor.ts";
import { mayDo, useSession } from "../session/session.tsx";
import { ActionButton } from "../ui/action-button.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { ListOfPages } from "../ui/list-of-pages.tsx";
import { Screen } from "../ui/screen.tsx";
import { withParam } from "../ui/search-params.ts";
import { SelectOne } from "../ui/select.tsx";
import { Empty } from "../ui/states.tsx";
import { statusChoice } from "../ui/status-mark.tsx";
import { announce } from "../ui/toasts.tsx";
import { notificationLooks, notificationStatuses } from "../words/notifications.ts";
import { notificationColumns } from "./columns.tsx";
import { resendNotification, useNotifications, useRereadNotifications } from "./notifications-query.ts";
import { Receivers } from "./receivers.tsx";
import { RequestsDialog } from "./requests-dialog.tsx";
import { ResendDialog } from "./resend-dialog.tsx";

const choices = notificationStatuses.map((id) => statusChoice(id, notificationLooks[id]));

/** Did my service hear of it: outgoing webhooks, and what their receivers answered. */
export const NotificationsScreen = () => {
  const [params, setParams] = useSearchParams();
  const status = notificationStatuses.find((each) => each === params.get("status"));
  const url = params.get("url") ?? undefined;
  const session = useSession();
  const mayResend = mayDo(session, "admin");
  const pages = useNotifications({ status, url });
  const reread = useRereadNotifications();
  const [isAsking, setAsking] = useState(false);
  const [shown, setShown] = useState<Notification | undefined>();
  const { mutate: resend, error } = useMutation({
    mutationFn: ({ id }: Notification) => resendNotification(id),
    onSuccess: () => announce("It is sent again now."),
    onSettled: reread,
  });
  const columns = useMemo(
    () => notificationColumns({ show: setShown, resend: mayResend ? resend : undefined }),
    [mayResend, resend],
  );
  const change = (name: string, value: string): void =>
    setParams((before) => withParam(before, name, value), { replace: true });
  return (
    <Screen
      title="Notifications"
      lead={<p className="lead">Outgoing webhooks: what your services were sent, and what they answered.</p>}
      actions={
        mayResend &&
        status === "failed" &&
        pages.items !== undefined &&
        pages.items.length > 0 && (
          <ActionButton onPress={() => setAsking(true)}>Send all given up again</ActionButton>
        )
      }
    >
      <div className="stack">
        <Receivers />
        <section className="part" aria-label="Deliveries">
          <h2>Deliveries</h2>
          <div className="toolbar">
            <SelectOne
              label="Status"
              none="Any status"
              choices={choices}
              value={status}
              onChange={(id) => change("status", id ?? "")}
            />
            {url !== undefined && (
              <ActionButton aria-label="Show every receiver" onPress={() => change("url", "")}>
                Every receiver
              </ActionButton>
            )}
          </div>
          {url !== undefined && <p className="lead">To {url}</p>}
          {error !== null && (
            <p className="refused" role="alert">
              {error.message}
            </p>
          )}
          <ListOfPages
            label="Notifications"
            pages={pages}
            columns={columns}
            keyOf={({ id }) => id}
            nothing={<Nothing status={status} isFiltered={url !== undefined} />}
          />
        </section>
      </div>
      {isAsking && <ResendDialog {...(url !== undefined && { url })} onClose={() => setAsking(false)} />}
      {shown !== undefined && <RequestsDialog notification={shown} onClose={() => setShown(undefined)} />}
    </Screen>
  );
};

const Nothing = ({
  status,
  isFiltered,
}: {
  readonly status: Notification["status"] | undefined;
  readonly isFiltered: boolean;
}) => {
  const seesChecks = maySeeChecks(useSession());
  if (status === "failed")
    return (
      <Empty title="None was given up">
        <p>Every receiver has answered, or is still asked.</p>
      </Empty>
    );
  if (status !== undefined || isFiltered)
    return (
      <Empty title={isFiltered ? "None to this receiver" : "None has this status"}>
        <p>Another status or receiver may show some.</p>
      </Empty>
    );
  return (
    <Empty title="No notifications yet">
      <p>
        Perch tells a service of each end of an install when <code>NOTIFY_URL</code> is set, or the install
        has a <code>callbackUrl</code>.{" "}
        {seesChecks && (
          <>
            <ScreenLink to="/setup">Setup</ScreenLink> says what is configured.
          </>
        )}
      </p>
    </Empty>
  );
};
