import { useReading } from "../api/reading.ts";
import { DataTable } from "../ui/data-table.tsx";
import perch from "../ui/perch.svg";
import { Screen } from "../ui/screen.tsx";
import { Empty, NotFresh, Unread } from "../ui/states.tsx";
import { Tile } from "../ui/tile.tsx";
import { countText, plural } from "../words/counts.ts";
import { answerColumns, connectorColumns } from "./columns.tsx";
import { Faults } from "./faults.tsx";
import { type Report, readReport } from "./sandbox-api.ts";

const lookEveryMs = 3000;
/** Connectors shown, newest first. */
const shownMax = 200;

/** What the simulated Bird has been asked for, what it made, and what it is to do wrong. */
export const SandboxScreen = () => {
  const reading = useReading({
    queryKey: ["sandbox", "report"],
    queryFn: ({ signal }) => readReport(signal),
    refetchInterval: lookEveryMs,
  });
  const { data } = reading;
  return (
    <>
      <header className="shell">
        <div className="shell-row">
          <span className="brand">
            <img src={perch} alt="" width="22" height="22" />
            Perch sandbox
          </span>
        </div>
      </header>
      <main id="screen">
        <Screen
          title="Sandbox"
          lead={<p className="lead">Bird and Meta, simulated on this machine: no number goes live.</p>}
        >
          <div className="stack">
            <NotFresh stale={reading.stale} />
            {data !== undefined && <Tiles report={data} />}
            <Faults />
            {data === undefined ? (
              <Unread reading={reading} label="Reading what was made" />
            ) : (
              <Made report={data} />
            )}
          </div>
        </Screen>
      </main>
    </>
  );
};

const Tiles = ({ report }: { readonly report: Report }) => {
  const { connectors, creates, events, messages } = report;
  const doubled = Object.values(creates).filter((count) => count > 1).length;
  const live = connectors.filter(({ channelStatus }) => channelStatus === "active").length;
  return (
    <ul className="tiles">
      <Tile name="Connectors made" figure={countText(connectors.length)}>
        {live} with an active channel
      </Tile>
      <Tile name="Numbers made twice" figure={countText(doubled)}>
        {doubled === 0 ? "as it should be" : "a number was uninstalled and installed again, or doubled"}
      </Tile>
      <Tile name="Events sent" figure={countText(events.sent)}>
        {events.acknowledged} taken, {events.refused} refused, {events.pending} on their way;{" "}
        {plural(messages.length, "message")}
      </Tile>
    </ul>
  );
};

const Made = ({ report }: { readonly report: Report }) => {
  const newest = report.connectors
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .slice(0, shownMax);
  const asked = Object.entries(report.requests).map(([operation, answers]) => ({ operation, answers }));
  if (asked.length === 0)
    return (
      <Empty title="Nothing was asked for yet">
        <p>Send a number to Perch: what Bird is asked for shows here.</p>
      </Empty>
    );
  return (
    <>
      <section className="panel" aria-labelledby="asked">
        <div className="panel-head">
          <h2 id="asked">What was asked for</h2>
        </div>
        <DataTable
          label="What was asked for"
          columns={answerColumns}
          rows={asked}
          keyOf={({ operation }) => operation}
        />
      </section>
      {newest.length > 0 && (
        <section className="panel" aria-labelledby="connectors">
          <div className="panel-head">
            <h2 id="connectors">Connectors</h2>
            {report.connectors.length > shownMax && (
              <span className="quiet">
                the newest {shownMax} of {countText(report.connectors.length)}
              </span>
            )}
          </div>
          <DataTable label="Connectors" columns={connectorColumns} rows={newest} keyOf={({ id }) => id} />
        </section>
      )}
    </>
  );
};
