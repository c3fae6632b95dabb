import { useMutation } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { queryClient } from "../api/query-client.ts";
import { changeSession } from "../api/session-state.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { useSession } from "./session.tsx";

/** Which Perch this is, and who is signed in. */
export const SessionBar = () => {
  const { name, scopes, workspaces, signedInBy, version, isSandbox, sandboxUrl, redis } = useSession();
  const signOut = useMutation({
    mutationFn: () => answered(api.DELETE("/v1/session")),
    onSuccess: () => changeSession(queryClient, { session: undefined, hasEnded: false }),
  });
  const reach =
    workspaces === undefined
      ? ""
      : `, ${workspaces.length === 1 ? "1 workspace" : `${workspaces.length} workspaces`}`;
  return (
    <section className="session-bar" aria-label="This Perch and you">
      {isSandbox ? (
        <span className="badge" title="Bird is simulated on this machine: no number goes live.">
          {sandboxUrl === undefined ? (
            "Sandbox"
          ) : (
            <a
              href={sandboxUrl}
              target="_blank"
              rel="noreferrer"
              title="What the simulated Bird was asked for and made"
            >
              Sandbox
            </a>
          )}
        </span>
      ) : (
        <span className="badge" data-tone="neutral">
          Bird
        </span>
      )}
      {redis !== undefined && (
        <span className="session-redis" title={redis}>
          {redis}
        </span>
      )}
      <span>Perch {version}</span>
      <span className="session-caller" title={workspaces?.join(", ")}>
        {signedInBy === "none" ? "No sign-in on this machine" : `${name} (${scopes.join(", ")}${reach})`}
      </span>
      {signedInBy === "session" && (
        <ActionButton kind="link" isPending={signOut.isPending} onPress={() => signOut.mutate()}>
          Sign out
        </ActionButton>
      )}
      {signOut.isError && <span role="alert">{signOut.error.message}</span>}
    </section>
  );
};
