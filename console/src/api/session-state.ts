import type { QueryClient } from "@tanstack/react-query";
import type { Session } from "./resources.ts";

/** The session, or none: because it ended while a screen was open, or because there was none. */
export type SessionState =
  | { readonly session: Session }
  | { readonly session: undefined; readonly hasEnded: boolean };

export const sessionKey = ["session"] as const;

/** The state after an answer 401. */
export const signedOutState = (before: SessionState | undefined): SessionState => ({
  session: undefined,
  hasEnded: before?.session !== undefined || before?.hasEnded === true,
});

/** Takes the screen away: the API does not know its session any more. */
export const endSession = (client: QueryClient): void => {
  client.setQueryData<SessionState>(sessionKey, signedOutState);
};

/** Forgets everything that was read, because another key may not see it, and begins with this state. */
export const changeSession = (client: QueryClient, state: SessionState): void => {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
  client.setQueryData<SessionState>(sessionKey, state);
};
