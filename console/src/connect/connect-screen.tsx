import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { api } from "../api/client.ts";
import { usePages } from "../api/pages.ts";
import { answered } from "../api/problem.ts";
import type { ConnectLink } from "../api/resources.ts";
import { mayDo, useSession } from "../session/session.tsx";
import { ActionButton } from "../ui/action-button.tsx";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { ListOfPages } from "../ui/list-of-pages.tsx";
import { Screen } from "../ui/screen.tsx";
import { SelectOne } from "../ui/select.tsx";
import { Empty } from "../ui/states.tsx";
import { statusChoice } from "../ui/status-mark.tsx";
import { linkLooks, linkStatuses } from "../words/connect-links.ts";
import { linkColumns } from "./columns.tsx";
import { MadeDialog, type MadeLink, MakeDialog } from "./make-dialog.tsx";

const choices = linkStatuses.map((id) => statusChoice(id, linkLooks[id]));

const useLinks = (status: ConnectLink["status"] | undefined) =>
  usePages(["connect-links", status], (cursor, signal) =>
    answered(
      api.GET("/v1/connect-links", {
        params: {
          query: {
            limit: 50,
            ...(status !== undefined && { status: [status] }),
            ...(cursor !== undefined && { cursor }),
          },
        },
        signal,
      }),
    ),
  );

/** Which customers were sent a link, and how far each is. */
export const ConnectScreen = () => {
  const [params, setParams] = useSearchParams();
  const status = linkStatuses.find((each) => each === params.get("status"));
  const mayWrite = mayDo(useSession(), "write");
  const pages = useLinks(status);
  const client = useQueryClient();
  const reread = () => client.invalidateQueries({ queryKey: ["connect-links"] });
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<MadeLink | undefined>();
  const [revoking, setRevoking] = useState<ConnectLink | undefined>();
  const columns = useMemo(() => linkColumns(mayWrite ? setRevoking : undefined), [mayWrite]);
  return (
    <Screen
      title="Connect"
      lead={<p className="lead">Links on which customers connect their number, and how far each is.</p>}
      actions={
        mayWrite && (
          <ActionButton kind="primary" data-solid onPress={() => setMaking(true)}>
            Make a link
          </ActionButton>
        )
      }
    >
      <div className="toolbar">
        <SelectOne
          label="Status"
          none="Any status"
          choices={choices}
          value={status}
          onChange={(id) => setParams(id === undefined ? {} : { status: id }, { replace: true })}
        />
      </div>
      <ListOfPages
        label="Connect links"
        pages={pages}
        columns={columns}
        keyOf={({ id }) => id}
        nothing={
          status === undefined ? (
            <Empty title="No links yet">
              <p>
                A link takes one customer through Meta's signup to an installed number.{" "}
                {mayWrite ? (
                  <>
                    Make one here, with <code>POST /v1/connect-links</code>, or with{" "}
                    <code>perch connect create</code>.
                  </>
                ) : (
                  <>
                    A key with the scope <code>write</code> makes some.
                  </>
                )}
              </p>
            </Empty>
          ) : (
            <Empty title="No link has this status">
              <p>Another status may show some.</p>
            </Empty>
          )
        }
      />
      {isMaking && (
        <MakeDialog
          onMade={async (link) => {
            setMade(link);
            await reread();
          }}
          onClose={() => setMaking(false)}
        />
      )}
      {made !== undefined && <MadeDialog made={made} onClose={() => setMade(undefined)} />}
      {revoking !== undefined && (
        <ActionDialog
          title={`Revoke the link for ${revoking.name}?`}
          button="Revoke"
          kind="danger"
          act={async () => {
            await answered(api.DELETE("/v1/connect-links/{id}", { params: { path: { id: revoking.id } } }));
            await reread();
          }}
          done="The link no longer works."
          onClose={() => setRevoking(undefined)}
        >
          <p>Its page says that it was withdrawn, at once. It stays in the list.</p>
        </ActionDialog>
      )}
    </Screen>
  );
};
