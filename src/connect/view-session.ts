import { type ConnectLink, connectFailures } from "../install/connect-link.ts";
import type { Install, InstallStatus } from "../install/install.ts";
import type { SessionAnswer } from "./protocol.ts";

const progressOf: Readonly<Partial<Record<InstallStatus, NonNullable<SessionAnswer["progress"]>>>> = {
  queued: "queued",
  submitting: "creating",
  awaiting_channel: "activating",
  retrying: "delayed",
  held: "delayed",
};

/** Failures that a customer can see, because the customer may act: those before there is an install. */
const shownFailures: ReadonlySet<string> = new Set(Object.keys(connectFailures));

/**
 * A link as its customer sees it: no id and no number, and of a failed install only that it failed, because what Bird or
 * the operator's settings refuse is not for strangers.
 *
 * @param install The link's, if it exists.
 */
export const viewSession = (
  link: ConnectLink,
  install: Install | undefined,
  nowMs: number,
): SessionAnswer => {
  const { status, redirectUrl, expiresAt } = link;
  const progress = status === "signing_up" && install !== undefined ? progressOf[install.status] : undefined;
  const code = link.error?.code;
  const shown =
    code !== undefined && install === undefined && shownFailures.has(code) ? code : "install_failed";
  const error = code === undefined ? undefined : { code: shown };
  const isBrokenOff = status === "cancelled_by_customer" || status === "failed";
  return {
    status,
    state: [status, progress, error?.code].filter((part) => part !== undefined).join("."),
    progress,
    error,
    canReopen: isBrokenOff && install === undefined && nowMs < Date.parse(expiresAt),
    expiresAt,
    redirectUrl,
  };
};
