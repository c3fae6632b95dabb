import { useMemo, useState } from "react";
import type { NotificationReceiver } from "../api/resources.ts";
import { mayDo, useSession } from "../session/session.tsx";
import { ActionMenu } from "../ui/action-menu.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { NotFresh, Unread } from "../ui/states.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { countText, percentText } from "../words/counts.ts";
import { receiverLook } from "../words/notifications.ts";
import { useReceivers } from "./notifications-query.ts";
import { ResendDialog } from "./resend-dialog.tsx";
import { TestDialog } from "./test-dialog.tsx";

type ReceiverAction = "test" | "resend";

interface Open {
  readonly receiver: NotificationReceiver;
  readonly action: ReceiverAction;
}

/** Who hears of it: each receiver with its success rate and its last answer. */
export const Receivers = () => {
  const reading = useReceivers();
  const { data } = reading;
  const session = useSession();
  const [open, setOpen] = useState<Open | undefined>();
  const mayTest = mayDo(session, "write");
  const mayResend = mayDo(session, "admin");
  const seesAll = session.workspaces === undefined;
  const columns = useMemo(() => {
    const actionsFor = ({ isCallback, dead }: NotificationReceiver) =>
      // A key for some workspaces acts on the addresses of its own installs only.
      seesAll || isCallback
        ? [
            ...(mayTest ? [{ id: "test" as const, text: "Send a test event" }] : []),
            ...(mayResend && dead > 0 ? [{ id: "resend" as const, text: "Send all given up again" }] : []),
          ]
        : [];
    return receiverColumns(actionsFor, (receiver, action) => setOpen({ receiver, action }), mayTest);
  }, [mayTest, mayResend, seesAll]);
  if (data === undefined) return <Unread reading={reading} label="Reading receivers" lines={2} />;
  if (data.items.length === 0) return null;
  const close = (): void => setOpen(undefined);
  return (
    <section className="part" aria-label="Receivers">
      <h2>Receivers</h2>
      <NotFresh stale={reading.stale} />
      <DataTable label="Receivers" columns={columns} rows={data.items} keyOf={({ url }) => url} />
      {!data.isComplete && (
        <p className="quiet">
          Counted over the newest {countText(data.counted)} notifications; there are older ones.
        </p>
      )}
      {open?.action === "test" && <TestDialog url={open.receiver.url} onClose={close} />}
      {open?.action === "resend" && <ResendDialog url={open.receiver.url} onClose={close} />}
    </section>
  );
};

const receiverColumns = (
  actionsFor: (
    receiver: NotificationReceiver,
  ) => readonly { readonly id: ReceiverAction; readonly text: string }[],
  act: (receiver: NotificationReceiver, action: ReceiverAction) => void,
  hasActions: boolean,
): readonly Column<NotificationReceiver>[] => [
  {
    id: "url",
    header: "Receiver",
    kind: "name",
    cell: ({ url }) => (
      <ScreenLink to={`/notifications?url=${encodeURIComponent(url)}`} label={`Notifications to ${url}`}>
        <span className="name" title={url}>
          {url}
        </span>
      </ScreenLink>
    ),
  },
  {
    id: "rate",
    header: "Accepted",
    cell: ({ successRate }) =>
      successRate === undefined ? (
        <span className="quiet">nothing sent yet</span>
      ) : (
        <StatusMark look={{ ...receiverLook(successRate), word: percentText(successRate, 1) }} />
      ),
  },
  {
    id: "delivered",
    header: "Delivered",
    kind: "number",
    isWideOnly: true,
    cell: ({ delivered }) => countText(delivered),
  },
  {
    id: "waiting",
    header: "On their way",
    kind: "number",
    isWideOnly: true,
    cell: ({ pending, failing }) => countText(pending + failing),
  },
  { id: "dead", header: "Given up", kind: "number", cell: ({ dead }) => countText(dead) },
  {
    id: "answer",
    header: "Last answer",
    cell: ({ lastStatus, lastError, lastAttemptAt }) => (
      <span className="answer">
        {lastStatus ?? (lastError === undefined ? "none yet" : "none")}
        {lastAttemptAt !== undefined && (
          <>
            {", "}
            <Moment at={lastAttemptAt} />
          </>
        )}
        {lastError !== undefined && (
          <span className="sub" title={lastError}>
            {lastError}
          </span>
        )}
      </span>
    ),
  },
  ...(hasActions
    ? [
        {
          id: "act",
          header: "Action",
          cell: (receiver: NotificationReceiver) => {
            const items = actionsFor(receiver);
            return items.length === 0 ? null : (
              <ActionMenu
                label={`Actions for ${receiver.url}`}
                items={items}
                onAction={(action) => act(receiver, action)}
              />
            );
          },
        },
      ]
    : []),
];
