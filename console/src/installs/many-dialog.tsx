import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useRereadInstalls } from "../api/reread-installs.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { ScreenDialog } from "../ui/dialog.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { TokenField } from "../ui/token-field.tsx";
import { countText, plural } from "../words/counts.ts";
import { actOnMany, type Done, type ManyAction, type Picked } from "./many.ts";

const words = {
  retry: {
    title: "Retry installs",
    verb: "Retry",
    fits: "can be retried: they failed or were cancelled, and start again",
    others: "did neither fail nor end by a cancel",
    happens: "Nothing is created twice: Perch looks for an existing connector first.",
    done: "queued again",
  },
  cancel: {
    title: "Cancel installs",
    verb: "Cancel",
    fits: "can be cancelled: they have not ended, and end",
    others: "have ended",
    happens: "What Bird already has is told in each install. A cancelled one can be retried later.",
    done: "cancelled, to end within moments",
  },
} as const;

/** Acts on what is selected, once it was shown how many that are; then says what was skipped and why. */
export const ManyDialog = ({
  action,
  picked,
  onClose,
  onDone,
}: {
  readonly action: ManyAction;
  readonly picked: Picked;
  readonly onClose: () => void;
  readonly onDone: (done: Done) => void;
}) => {
  const reread = useRereadInstalls();
  const [soFar, setSoFar] = useState<Done | undefined>();
  const { title, verb, happens } = words[action];
  const { data: preview, error } = useQuery({
    queryKey: ["many-installs", action, picked],
    queryFn: ({ signal }) => actOnMany(action, picked, { dryRun: true, signal, onStep: setSoFar }),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const act = async ({ accessToken = "" }: Readonly<Record<string, string>>): Promise<Done> => {
    const done = await actOnMany(action, picked, { accessToken, onStep: setSoFar });
    await reread();
    onDone(done);
    return done;
  };
  const count = preview?.matched;
  return (
    <ActionDialog
      title={title}
      button={count === undefined ? verb : `${verb} ${plural(count, "install")}`}
      kind={action === "cancel" ? "danger" : "primary"}
      isBlocked={count === undefined || count === 0}
      act={act}
      done={(done) => doneText(action, done)}
      onClose={onClose}
    >
      <p aria-live="polite">
        {count === undefined
          ? `Counting… ${countText(soFar?.matched ?? 0)} so far.`
          : previewText(action, picked, count)}
      </p>
      {count !== undefined && soFar !== undefined && soFar.done > 0 && (
        <p aria-live="polite">{countText(soFar.done)} done so far.</p>
      )}
      {error !== null && (
        <p className="refused" role="alert">
          {error.message}
        </p>
      )}
      <p className="quiet">{happens}</p>
      {action === "retry" && <TokenField label="New access token for all of them" />}
    </ActionDialog>
  );
};

const previewText = (action: ManyAction, picked: Picked, count: number): string => {
  const { fits, others } = words[action];
  if ("filter" in picked) return `${countText(count)} of those that match ${fits}.`;
  const rest = picked.ids.length - count;
  const stays = rest === 0 ? "" : ` ${countText(rest)} ${others}, and stay as they are.`;
  return `${countText(count)} of ${countText(picked.ids.length)} selected ${fits}.${stays}`;
};

const doneText = (action: ManyAction, { matched, done }: Done): string => {
  const skipped = matched - done;
  return `${plural(done, "install")} ${words[action].done}.${skipped === 0 ? "" : ` ${countText(skipped)} skipped.`}`;
};

/** What an action on many installs skipped, and why. */
export const SkippedDialog = ({
  action,
  result: { matched, done, refused },
  onClose,
}: {
  readonly action: ManyAction;
  readonly result: Done;
  readonly onClose: () => void;
}) => {
  const more = matched - done - refused.length;
  return (
    <ScreenDialog title={`${countText(matched - done)} skipped`} isOpen onClose={onClose}>
      <p>
        {plural(done, "install")} {words[action].done}. These were not:
      </p>
      <ul className="left">
        {refused.map(({ installId, message }) => (
          <li key={installId}>
            <ScreenLink to={`/installs/${installId}`}>{installId}</ScreenLink> <bdi>{message}</bdi>
          </li>
        ))}
        {more > 0 && <li>{plural(more, "other")}, each for a reason of this kind</li>}
      </ul>
      <div className="dialog-end">
        <ActionButton onPress={onClose}>Close</ActionButton>
      </div>
    </ScreenDialog>
  );
};
