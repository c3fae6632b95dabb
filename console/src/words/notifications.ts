import type { Notification } from "../api/resources.ts";
import type { StatusLook } from "../ui/status-mark.tsx";

export const notificationLooks = {
  pending: { word: "On its way", sign: "clock", tone: "waiting" },
  delivered: { word: "Delivered", sign: "check", tone: "good", isFilled: true },
  failed: { word: "Given up", sign: "cross", tone: "bad", isFilled: true },
} as const satisfies Record<Notification["status"], StatusLook>;

export const notificationStatuses = [
  "pending",
  "delivered",
  "failed",
] as const satisfies readonly Notification["status"][];

/** How well a receiver does, by the share it accepted. */
export const receiverLook = (successRate: number): Omit<StatusLook, "word"> => {
  if (successRate === 1) return { sign: "check", tone: "good", isFilled: true };
  return successRate >= 0.5
    ? { sign: "up", tone: "warning" }
    : { sign: "cross", tone: "bad", isFilled: true };
};
