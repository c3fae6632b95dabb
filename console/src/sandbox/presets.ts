import type { FaultRule } from "./sandbox-api.ts";

/** Faults that people want to see, in the words of what happens at Bird. */
export const presets: readonly { readonly text: string; readonly fault: FaultRule["fault"] }[] = [
  { text: "Bird refuses the number (422)", fault: { kind: "status", status: 422 } },
  { text: "Bird does not know the access key (401)", fault: { kind: "status", status: 401 } },
  { text: "Too many requests (429)", fault: { kind: "status", status: 429, retryAfterSeconds: 5 } },
  { text: "Bird is down (503)", fault: { kind: "status", status: 503 } },
  { text: "The answer is lost after the connector was made", fault: { kind: "answer_lost" } },
  { text: "The connection is reset and nothing was made", fault: { kind: "reset" } },
  { text: "The answer takes 3 seconds", fault: { kind: "slow", delayMs: 3000 } },
  { text: "The event comes before the answer", fault: { kind: "event_before_answer" } },
  { text: "The event comes 10 seconds late", fault: { kind: "event_late", delayMs: 10_000 } },
  { text: "The event comes three times more", fault: { kind: "event_repeated", times: 3 } },
  { text: "The event never comes", fault: { kind: "event_never" } },
  { text: "No channel is ever made", fault: { kind: "channel_never" } },
  { text: "The event is signed with another key", fault: { kind: "event_wrong_signature" } },
];

const members = ({ kind, ...others }: FaultRule["fault"]): string =>
  JSON.stringify([kind, ...Object.entries(others).sort()]);

const known = new Map(presets.map(({ text, fault }) => [members(fault), text]));

/** What happens by a rule; as JSON, where it is neither one of these nor a status. */
export const wordsOf = ({ fault }: FaultRule): string => known.get(members(fault)) ?? otherWords(fault);

const otherWords = (fault: FaultRule["fault"]): string => {
  const { kind, status, retryAfterSeconds: seconds, ...others } = fault;
  if (kind !== "status" || Object.keys(others).length > 0) return JSON.stringify(fault);
  return `Bird answers ${String(status)}${seconds === undefined ? "" : `, and to come again in ${String(seconds)} s`}`;
};
