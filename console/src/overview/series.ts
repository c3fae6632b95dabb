import type { Tone } from "../ui/tone.ts";

/** Values of one thing, one an hour; null where there is none. */
export interface Series {
  readonly name: string;
  readonly tone: Tone;
  readonly isDashed?: boolean;
  readonly values: readonly (number | null)[];
}

export interface HourChartProps {
  readonly title: string;
  /** When each hour begins. ISO 8601. */
  readonly from: readonly string[];
  readonly series: readonly Series[];
  readonly kind: "bars" | "lines";
  /** What stands there when all is nothing. */
  readonly nothing: string;
  readonly valueText: (value: number) => string;
}
