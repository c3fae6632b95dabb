import type { InstallWithTimeline } from "../api/resources.ts";
import type { Tone } from "../ui/tone.ts";
import { isEnded } from "../words/install-status.ts";

/** One step of an install's life, with the time until the next. */
export interface Step {
  readonly id: string;
  readonly at: string;
  readonly what: string;
  /** What else the entry says: ids, who asked. */
  readonly more: readonly (readonly [name: string, value: string])[];
  readonly tone: Tone;
  /** From the first step, ms. */
  readonly afterMs: number;
  /** Until the next step, or now, ms; undefined of an end. */
  readonly lastsMs: number | undefined;
}

const toneOf = (what: string): Tone => {
  if (/^completed|healed/.test(what)) return "good";
  if (/^failed/.test(what)) return "bad";
  if (/^cancel|uninstall/.test(what)) return "neutral";
  if (/\b(429|not answered|answered \d|held|refus|unreachable|paused|again)/i.test(what)) return "warning";
  if (/connector|event|asked|look|channel/.test(what)) return "waiting";
  return "busy";
};

/** The timeline as steps that last. @param nowMs Where an install that has not ended is. */
export const stepsOf = ({ timeline, status }: InstallWithTimeline, nowMs: number): readonly Step[] => {
  const beginMs = Date.parse(timeline[0]?.at ?? "");
  return timeline.map(({ at, what, ...more }, index): Step => {
    const atMs = Date.parse(at);
    const next = timeline[index + 1];
    const untilMs = next === undefined ? (isEnded(status) ? undefined : nowMs) : Date.parse(next.at);
    return {
      id: `${index} ${at}`,
      at,
      what,
      more: Object.entries(more).flatMap(([name, value]) =>
        value === undefined || name === "next" ? [] : [[name, String(value)] as const],
      ),
      tone: toneOf(what),
      afterMs: atMs - beginMs,
      lastsMs: untilMs === undefined ? undefined : Math.max(0, untilMs - atMs),
    };
  });
};
