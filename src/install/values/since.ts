const unitMs: ReadonlyMap<string, number> = new Map([
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 604_800_000],
]);

/** Reads a duration such as `30m`, `2h` or `7d`, ms; undefined when the text is none. */
export const durationMsOf = (text: string): number | undefined => {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhdw])$/i.exec(text) ?? [];
  const lengthMs = unitMs.get(unit.toLowerCase());
  return lengthMs === undefined ? undefined : Number(count) * lengthMs;
};

export const sinceRule = "must be a time such as 2h, 3d or 2026-01-31, or an ISO 8601 time";

/**
 * Reads the moment from which something is asked for: a duration before now (`30m`, `2h`, `3d`, `1w`), a day, or an ISO 8601
 * time; without an offset it is UTC.
 *
 * @returns Unix ms; undefined when the text is none of these.
 */
export const sinceMsOf = (text: string, nowMs: number): number | undefined => {
  const agoMs = durationMsOf(text);
  if (agoMs !== undefined) return Math.max(0, nowMs - agoMs);
  const [, day, time = "T00:00", offset = "Z"] =
    /^(\d{4}-\d{2}-\d{2})(?:([T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i.exec(text) ??
    [];
  if (day === undefined) return undefined;
  const atMs = Date.parse(`${day}${time.replace(" ", "T")}${offset}`.toUpperCase());
  return atMs >= 0 && isDay(day) ? atMs : undefined;
};

/** Reads the moment up to which something is asked for, in the forms of {@link sinceMsOf}; a day is meant with its end. */
export const untilMsOf = (text: string, nowMs: number): number | undefined => {
  const atMs = sinceMsOf(text, nowMs);
  return atMs !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) ? atMs + dayMs - 1 : atMs;
};

const dayMs = 86_400_000;

/** Whether the calendar has this day: `Date.parse` takes February 30 for March 2. */
const isDay = (day: string): boolean => {
  const ms = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
};
