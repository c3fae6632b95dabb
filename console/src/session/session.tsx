import { createContext, type ReactNode, useContext } from "react";
import { api } from "../api/client.ts";
import { answered, ProblemError } from "../api/problem.ts";
import { queryClient } from "../api/query-client.ts";
import { useReading } from "../api/reading.ts";
import type { Scope, Session } from "../api/resources.ts";
import { type SessionState, sessionKey, signedOutState } from "../api/session-state.ts";
import { Unread } from "../ui/states.tsx";
import { SignIn } from "./sign-in.tsx";

const SessionContext = createContext<Session | undefined>(undefined);

const readSession = async (signal: AbortSignal): Promise<SessionState> => {
  try {
    return { session: await answered(api.GET("/v1/session", { signal })) };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status !== 401) throw error;
    return signedOutState(queryClient.getQueryData<SessionState>(sessionKey));
  }
};

/** Shows what is in it to a caller that the API knows, and at any address the sign-in to others. */
export const SessionGate = ({ children }: { readonly children: ReactNode }) => {
  const reading = useReading({
    queryKey: sessionKey,
    queryFn: ({ signal }) => readSession(signal),
  });
  const { data } = reading;
  if (data === undefined)
    return (
      <main>
        <Unread reading={reading} label="Reading who is signed in" isLate />
      </main>
    );
  if (data.session === undefined) return <SignIn hasEnded={data.hasEnded} />;
  return <SessionContext value={data.session}>{children}</SessionContext>;
};

export const useSession = (): Session => {
  const session = useContext(SessionContext);
  if (session === undefined) throw new TypeError("A screen is shown without a session.");
  return session;
};

/** Whether the caller may do what needs the scope; the API refuses it anyway. */
export const mayDo = ({ allows }: Pick<Session, "allows">, scope: Scope): boolean => allows.includes(scope);
