import type { CreationFault } from "../faults/creation-fault.ts";

/** What becomes of one connector after its creation. */
export interface InstallPlan {
  readonly echoesArguments: boolean;
  readonly listLagMs: number;
  /** `at_once`: named in the answer; `never`: no channel and no event. */
  readonly channel: "later" | "at_once" | "never";
  readonly status: string;
  readonly thenStatus: string | undefined;
  readonly thenAfterMs: number;
  readonly isEventSent: boolean;
  /** Makes the channel before the answer, which does not name it unless it is made `at_once`. */
  readonly isEventBeforeAnswer: boolean;
  /** Between the channel and its event. */
  readonly eventDelayMs: number;
  readonly eventRepeats: number;
  readonly wrongSignatures: number;
  readonly isEventMinimal: boolean;
  readonly hasUnknownConnectorEvent: boolean;
  readonly hasOtherChannelEvent: boolean;
}

/** An install without any fault. */
const flawless: InstallPlan = {
  echoesArguments: true,
  listLagMs: 0,
  channel: "later",
  status: "active",
  thenStatus: undefined,
  thenAfterMs: 0,
  isEventSent: true,
  isEventBeforeAnswer: false,
  eventDelayMs: 0,
  eventRepeats: 0,
  wrongSignatures: 0,
  isEventMinimal: false,
  hasUnknownConnectorEvent: false,
  hasOtherChannelEvent: false,
};

/** Combines faults into a plan; where two contradict each other, the later one wins. */
export const installPlan = (faults: readonly CreationFault[]): InstallPlan => {
  let plan = flawless;
  for (const fault of faults) plan = { ...plan, ...change(fault) };
  return plan;
};

const change = (fault: CreationFault): Partial<InstallPlan> => {
  switch (fault.kind) {
    case "channel_in_answer":
      return { channel: "at_once" };
    case "no_arguments_echo":
      return { echoesArguments: false };
    case "list_lag":
      return { listLagMs: fault.delayMs };
    case "channel_never":
      return { channel: "never" };
    case "event_before_answer":
      return { isEventBeforeAnswer: true };
    case "event_late":
      return { eventDelayMs: fault.delayMs };
    case "event_repeated":
      return { eventRepeats: fault.times };
    case "event_never":
      return { isEventSent: false };
    case "event_unknown_connector":
      return { hasUnknownConnectorEvent: true };
    case "event_other_channel":
      return { hasOtherChannelEvent: true };
    case "event_status":
      return { status: fault.status, thenStatus: fault.thenStatus, thenAfterMs: fault.afterMs ?? 1000 };
    case "event_wrong_signature":
      return { wrongSignatures: fault.times ?? 1 };
    case "event_minimal":
      return { isEventMinimal: true };
  }
};
