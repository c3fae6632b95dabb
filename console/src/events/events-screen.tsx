import { useSearchParams } from "wouter";
import { api } from "../api/client.ts";
import { usePages } from "../api/pages.ts";
import { answered } from "../api/problem.ts";
import type { EventPage, KeptEvent, RefusedEvents } from "../api/resources.ts";
import { useSession } from "../session/session.tsx";
import { ListOfPages } from "../ui/list-of-pages.tsx";
import { Screen } from "../ui/screen.tsx";
import { SelectOne } from "../ui/select.tsx";
import { Empty } from "../ui/states.tsx";
import { keptColumns, refusedColumns, unreadableColumns } from "./columns.tsx";

const pageOf = (cursor: string | undefined) => ({
  limit: 50,
  ...(cursor !== undefined && { cursor }),
});

const conflict = { id: "conflict", text: "Contradict an install" };
const choices = [
  conflict,
  { id: "unreadable", text: "Could not be read" },
  { id: "refused", text: "Were refused, by reason" },
];

/** What came from Bird that nothing took. */
export const EventsScreen = () => {
  const [params, setParams] = useSearchParams();
  const seesAll = useSession().workspaces === undefined;
  const state = choices.find(({ id }) => id === params.get("state"))?.id;
  return (
    <Screen title="Events" lead={<p className="lead">What came from Bird that no install took.</p>}>
      <div className="toolbar">
        <SelectOne
          label="Which events"
          none="Matched no install"
          choices={seesAll ? choices : [conflict]}
          value={state}
          onChange={(id) => setParams(id === undefined ? {} : { state: id }, { replace: true })}
        />
      </div>
      {state === "unreadable" && <Unreadable />}
      {state === "refused" && <Refused />}
      {state === "conflict" && <Kept key="conflict" state="conflict" />}
      {state === undefined && <Kept key="unmatched" state="unmatched" />}
    </Screen>
  );
};

type EventItem = EventPage["items"][number];

const isKept = (item: EventItem): item is KeptEvent =>
  item.state === "unmatched" || item.state === "conflict";

const isRefused = (item: EventItem): item is RefusedEvents => item.state === "refused";

const useEvents = <T extends EventItem>(
  state: "unmatched" | "conflict" | "refused",
  isOne: (item: EventItem) => item is T,
) =>
  usePages(["events", state], async (cursor, signal) => {
    const query = { state, ...pageOf(cursor) };
    const page = await answered(api.GET("/v1/events", { params: { query }, signal }));
    return { ...page, items: page.items.filter(isOne) };
  });

const Kept = ({ state }: { readonly state: "unmatched" | "conflict" }) => {
  const pages = useEvents(state, isKept);
  return (
    <ListOfPages
      label={state === "conflict" ? "Events that contradict an install" : "Events that matched no install"}
      pages={pages}
      columns={keptColumns}
      keyOf={({ connectorId, channelId, arrivedAt }) => `${connectorId} ${channelId} ${arrivedAt}`}
      nothing={
        state === "conflict" ? (
          <Empty title="No event contradicts an install">
            <p>
              An event stands here when it names another workspace or a second channel, or a connector that
              its install has given up. It completes nothing, whatever comes.
            </p>
          </Empty>
        ) : (
          <Empty title="Every event found its install">
            <p>
              An event stands here when its connector was made outside of Perch. One that comes before its
              install is known waits here for a moment, and completes it.
            </p>
          </Empty>
        )
      }
    />
  );
};

const Refused = () => {
  const pages = useEvents("refused", isRefused);
  return (
    <ListOfPages
      label="Requests that were refused"
      pages={pages}
      columns={refusedColumns}
      keyOf={({ reason }) => reason}
      nothing={
        <Empty title="No request was refused">
          <p>Requests without a good signature or form stand here, counted by reason.</p>
        </Empty>
      }
    />
  );
};

const Unreadable = () => {
  const pages = usePages(["events", "unreadable"], (cursor, signal) =>
    answered(api.GET("/v1/events/unreadable", { params: { query: pageOf(cursor) }, signal })),
  );
  return (
    <ListOfPages
      label="Events that could not be read"
      pages={pages}
      columns={unreadableColumns}
      keyOf={({ id }) => id}
      nothing={
        <Empty title="Every event could be read">
          <p>Signed events of another kind or form stand here, with the reason.</p>
        </Empty>
      }
    />
  );
};
