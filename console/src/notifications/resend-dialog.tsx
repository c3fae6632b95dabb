import { ActionDialog } from "../ui/action-dialog.tsx";
import { countText, plural } from "../words/counts.ts";
import { resendDead, useDeadCount, useRereadNotifications } from "./notifications-query.ts";

/** Sends all that were given up again, once it was shown how many they are. */
export const ResendDialog = ({
  url,
  onClose,
}: {
  /** Only those to this receiver. */
  readonly url?: string;
  readonly onClose: () => void;
}) => {
  const reread = useRereadNotifications();
  const { data: preview, error } = useDeadCount(url);
  const count = preview?.matched;
  return (
    <ActionDialog
      title="Send all given up again?"
      button={count === undefined ? "Send them" : `Send ${plural(count, "notification")}`}
      isBlocked={count === undefined || count === 0}
      act={async () => {
        const done = await resendDead(url);
        await reread();
        return done;
      }}
      done={({ resent, refused, isComplete }) =>
        [
          `${plural(resent, "notification")} sent again now.`,
          ...(isComplete ? [] : ["There are more: send all given up once more."]),
          ...refused.slice(0, 1).map(({ message }) => message),
        ].join(" ")
      }
      onClose={onClose}
    >
      <p aria-live="polite">{previewText(count, preview?.isComplete)}</p>
      {url !== undefined && <p className="wraps">{url}</p>}
      {error !== null && (
        <p className="refused" role="alert">
          {error.message}
        </p>
      )}
      <p className="quiet">
        Each keeps its <code>webhook-id</code>, by which a receiver knows one it has had.
      </p>
    </ActionDialog>
  );
};

const previewText = (count: number | undefined, isComplete = true): string => {
  if (count === undefined) return "Counting…";
  if (count === 0) return "None was given up.";
  if (!isComplete) return `More than ${countText(count)} were given up.`;
  return `${plural(count, "notification")} ${count === 1 ? "was" : "were"} given up.`;
};
