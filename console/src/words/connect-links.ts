import type { ConnectLink } from "../api/resources.ts";
import type { StatusLook } from "../ui/status-mark.tsx";

export const linkStatuses = [
  "open",
  "opened",
  "signing_up",
  "connected",
  "cancelled_by_customer",
  "failed",
  "expired",
  "revoked",
] as const satisfies readonly ConnectLink["status"][];

export const linkLooks = {
  open: { word: "Not opened yet", sign: "clock", tone: "waiting" },
  opened: { word: "Opened", sign: "dots", tone: "busy" },
  signing_up: { word: "Signing up", sign: "up", tone: "busy" },
  connected: { word: "Connected", sign: "check", tone: "good", isFilled: true },
  cancelled_by_customer: { word: "Broken off", sign: "cross", tone: "warning" },
  failed: { word: "Failed", sign: "cross", tone: "bad", isFilled: true },
  expired: { word: "Expired", sign: "slash", tone: "neutral" },
  revoked: { word: "Revoked", sign: "slash", tone: "neutral" },
} as const satisfies Record<ConnectLink["status"], StatusLook>;

/** Whether it can be revoked: it is not over, and has no install. */
export const isRevocable = ({ status, installId }: ConnectLink): boolean =>
  installId === undefined && status !== "connected" && status !== "expired" && status !== "revoked";
