import { useMutation } from "@tanstack/react-query";
import { ActionButton } from "../ui/action-button.tsx";
import { ScreenDialog } from "../ui/dialog.tsx";
import { durationText } from "../ui/duration.ts";
import { StatusMark } from "../ui/status-mark.tsx";
import { notificationLooks } from "../words/notifications.ts";
import { sendTestEvent } from "./notifications-query.ts";

/** Sends a test event, and shows what the receiver answered. */
export const TestDialog = ({ url, onClose }: { readonly url: string; readonly onClose: () => void }) => {
  const { mutate, data, error, isPending } = useMutation({ mutationFn: () => sendTestEvent(url) });
  return (
    <ScreenDialog title="Send a test event" isOpen onClose={onClose}>
      <p className="wraps">{url}</p>
      <p className="quiet">
        One event of the type <code>perch.test</code>, signed as every notification. It is about no install
        and is not repeated.
      </p>
      <div aria-live="polite">
        {isPending && <p>Waiting for its answer…</p>}
        {!isPending && data !== undefined && (
          <p>
            <StatusMark look={data.isDelivered ? notificationLooks.delivered : notTaken} />{" "}
            {data.status === undefined ? "No answer" : `It answered ${data.status}`} after{" "}
            {durationText(data.durationMs)}.{data.error !== undefined && <> {data.error}</>}
          </p>
        )}
      </div>
      {!isPending && error !== null && (
        <p className="refused" role="alert">
          {error.message}
        </p>
      )}
      <div className="dialog-end">
        <ActionButton onPress={onClose}>Close</ActionButton>
        <ActionButton kind="primary" data-solid isPending={isPending} onPress={() => mutate()}>
          {data === undefined ? "Send it" : "Send another"}
        </ActionButton>
      </div>
    </ScreenDialog>
  );
};

const notTaken = { ...notificationLooks.failed, word: "Not accepted" };
