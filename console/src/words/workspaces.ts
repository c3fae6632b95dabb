import type { Workspace } from "../api/resources.ts";
import type { StatusLook } from "../ui/status-mark.tsx";

type HoldReason = NonNullable<Workspace["hold"]>["reason"];
type SubscriptionStatus = NonNullable<Workspace["subscription"]>["status"];

export const holdWords = {
  rate_limited: "Bird asked to slow down",
  unauthorized: "Bird refuses the access key",
} as const satisfies Record<HoldReason, string>;

export const heldLook = { word: "Held", sign: "pause", tone: "warning" } as const satisfies StatusLook;
export const freeLook = { word: "Free", sign: "check", tone: "good" } as const satisfies StatusLook;

export const subscriptionLooks = {
  present: { word: "Present", sign: "check", tone: "good" },
  missing: { word: "Missing", sign: "cross", tone: "bad", isFilled: true },
  unavailable: { word: "Not known", sign: "clock", tone: "warning" },
} as const satisfies Record<SubscriptionStatus, StatusLook>;
