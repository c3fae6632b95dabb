import type { InstallWithTimeline } from "../api/resources.ts";
import { Copyable } from "../ui/copyable.tsx";
import { Facts } from "../ui/facts.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { Screen } from "../ui/screen.tsx";
import { NotFresh, Unread } from "../ui/states.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { installLooks } from "../words/install-status.ts";
import { InstallActions } from "./actions.tsx";
import { BirdsAnswer } from "./birds-answer.tsx";
import { useInstall } from "./install-query.ts";
import { InstallNotifications } from "./notifications.tsx";
import { Timeline } from "./timeline.tsx";
import { verdictOf } from "./verdict.ts";

/** Why is this number not live, and who acts. */
export const InstallScreen = ({ params }: { readonly params: { readonly id: string } }) => {
  const reading = useInstall(params.id);
  const { data: install } = reading;
  if (install === undefined)
    return (
      <Screen title="Install">
        <Unread reading={reading} label="Reading the install" />
      </Screen>
    );
  return (
    <Screen
      title={install.phoneNumber}
      lead={
        <p className="lead" dir="auto">
          {install.name}
        </p>
      }
      actions={<InstallActions install={install} />}
    >
      <NotFresh stale={reading.stale} />
      <div className="columns">
        <div className="stack">
          <VerdictPanel install={install} />
          {install.error !== undefined && <BirdsAnswer error={install.error} />}
          <Timeline install={install} />
          <InstallNotifications installId={install.id} />
        </div>
        <InstallFacts install={install} />
      </div>
    </Screen>
  );
};

const VerdictPanel = ({ install }: { readonly install: InstallWithTimeline }) => {
  const look = installLooks[install.status];
  const { what, who, how } = verdictOf(install);
  const { nextActionAt, cancellation } = install;
  const left = cancellation === undefined ? [] : [...cancellation.undone, ...cancellation.notUndone];
  return (
    <section className="panel verdict" data-tone={look.tone} aria-label="Status" aria-live="polite">
      <StatusMark look={look} />
      <p className="verdict-what" dir="auto">
        {what}
      </p>
      {left.length > 0 && (
        <ul className="left">
          {left.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <Facts
        facts={[
          ["Who acts", who],
          ["What to do", how],
          ["Next step", nextActionAt !== undefined && <Moment at={nextActionAt} />],
        ]}
      />
    </section>
  );
};

const InstallFacts = ({ install }: { readonly install: InstallWithTimeline }) => {
  const { workspaceId, batchId, row, connectorId, channelId, metadata } = install;
  return (
    <section className="panel side" aria-label="Details">
      <Facts
        facts={[
          ["Install", <Copyable key="id" label="install id" value={install.id} />],
          [
            "Workspace",
            <span key="workspace">
              <Copyable label="workspace id" value={workspaceId} />
              <ScreenLink to={`/installs?workspace=${workspaceId}`}>its installs</ScreenLink>
            </span>,
          ],
          ["WABA", <Copyable key="waba" label="WABA id" value={install.wabaId} />],
          ["Phone id", <Copyable key="phone" label="phone id" value={install.phoneId} />],
          ["Connector", connectorId && <Copyable label="connector id" value={connectorId} />],
          ["Channel", channelId && <Copyable label="channel id" value={channelId} />],
          ["Channel status", install.channelStatus],
          ["Completed by", install.completedBy && completions[install.completedBy]],
          [
            "Batch",
            batchId && (
              <ScreenLink to={`/batches/${batchId}`}>{row === undefined ? batchId : `row ${row}`}</ScreenLink>
            ),
          ],
          ["Trace", install.traceId && <Copyable label="trace id" value={install.traceId} />],
          ["Attempts", install.attempts],
          ["Requested by", install.requestedBy],
          ["Created", <Moment key="created" at={install.createdAt} />],
          ["Changed", <Moment key="updated" at={install.updatedAt} />],
          ["Completed", install.completedAt && <Moment at={install.completedAt} />],
          ["Uninstalled", install.uninstalledAt && <Moment at={install.uninstalledAt} />],
          ["Notifies", install.callbackUrl],
          ...Object.entries(metadata ?? {}).map(([name, value]) => [`${name} (metadata)`, value] as const),
        ]}
      />
    </section>
  );
};

const completions = { webhook: "Bird's event", poll: "a question of Perch to Bird" } as const;
