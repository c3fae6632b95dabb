import type { ConnectLinkStatus } from "../../install/connect-link.ts";

/** A status that is stored; the others follow from the clock and from the link's install. */
export type StoredLinkStatus = Exclude<ConnectLinkStatus, "connected" | "expired">;

const unfinished = ["open", "opened", "signing_up", "cancelled_by_customer", "failed"] as const;

/**
 * What can happen to a link, from which stored statuses, and what it is then. In any other status it changes nothing.
 * Nothing happens to a link that has expired or whose install exists: it is finished once.
 */
export const linkMoves = {
  /** The page was opened. A reload during the signup changes nothing. */
  open: { from: ["open", "opened", "cancelled_by_customer", "failed"], to: "opened" },
  /** The customer opened Meta's window. */
  start: { from: unfinished, to: "signing_up" },
  /** The customer closed it. */
  cancel: { from: ["opened", "signing_up"], to: "cancelled_by_customer" },
  /** It ended without a number that can be installed. */
  fail: { from: ["opened", "signing_up"], to: "failed" },
  /** The signup is finished, and the id of its install is written down before the install is enqueued. */
  finish: { from: unfinished, to: "signing_up" },
  revoke: { from: unfinished, to: "revoked" },
} as const satisfies Readonly<
  Record<string, { readonly from: readonly StoredLinkStatus[]; readonly to: StoredLinkStatus }>
>;

export type LinkMove = keyof typeof linkMoves;
