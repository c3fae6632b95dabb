import { useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { api } from "../api/client.ts";
import { usePages } from "../api/pages.ts";
import { answered } from "../api/problem.ts";
import type { Workspace } from "../api/resources.ts";
import { FirstSteps } from "../session/first-steps.tsx";
import { mayDo, useSession } from "../session/session.tsx";
import { ListOfPages } from "../ui/list-of-pages.tsx";
import { Screen } from "../ui/screen.tsx";
import { SearchBox } from "../ui/search-box.tsx";
import { withParam } from "../ui/search-params.ts";
import { SelectOne } from "../ui/select.tsx";
import { Empty } from "../ui/states.tsx";
import { type WorkspaceAction, workspaceColumns } from "./columns.tsx";
import { WorkspaceDialog } from "./workspace-dialog.tsx";

const useWorkspaces = (q: string, isHeld: boolean) =>
  usePages(["workspaces", q, isHeld], (cursor, signal) =>
    answered(
      api.GET("/v1/workspaces", {
        params: {
          query: {
            limit: 50,
            ...(q !== "" && { q: q.slice(0, 36) }),
            ...(isHeld && { held: true }),
            ...(cursor !== undefined && { cursor }),
          },
        },
        signal,
      }),
    ),
  );

/** Who is stuck as a whole: each Bird workspace with its hold, subscription and key. */
export const WorkspacesScreen = () => {
  const [params, setParams] = useSearchParams();
  const q = params.get("q") ?? "";
  const isHeld = params.get("held") === "true";
  const mayAct = mayDo(useSession(), "admin");
  const pages = useWorkspaces(q, isHeld);
  const [open, setOpen] = useState<
    { readonly workspace: Workspace; readonly action: WorkspaceAction } | undefined
  >();
  const columns = useMemo(
    () => workspaceColumns(mayAct ? (workspace, action) => setOpen({ workspace, action }) : undefined),
    [mayAct],
  );
  const change = (name: string, value: string): void =>
    setParams((before) => withParam(before, name, value), { replace: true });
  return (
    <Screen
      title="Workspaces"
      lead={<p className="lead">Which Bird workspaces are held, and whether Bird sends their events.</p>}
    >
      <div className="toolbar">
        <SearchBox
          label="Search workspaces"
          placeholder="Part of an id"
          value={q}
          onSearch={(text) => change("q", text)}
        />
        <SelectOne
          label="Hold"
          none="Held or not"
          choices={[{ id: "true", text: "Held" }]}
          value={isHeld ? "true" : undefined}
          onChange={(held) => change("held", held ?? "")}
        />
      </div>
      <ListOfPages
        label="Workspaces"
        pages={pages}
        columns={columns}
        keyOf={({ workspaceId }) => workspaceId}
        nothing={
          q === "" && !isHeld ? (
            <Empty title="No workspaces yet">
              <p>
                A Bird workspace stands here once a number was installed into it. <FirstSteps />
              </p>
            </Empty>
          ) : (
            <Empty title={isHeld ? "No workspace is held" : "No workspace matches"}>
              <p>Another filter may show some.</p>
            </Empty>
          )
        }
      />
      {open !== undefined && <WorkspaceDialog {...open} onClose={() => setOpen(undefined)} />}
    </Screen>
  );
};
