import type { Tone } from "../ui/tone.ts";

/** Values of one thing, one a moment; null where there is none. */
export interface Series {
  readonly name: string;
  readonly tone: Tone;
  readonly isDashed?: boolean;
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  readonly title: string;
  /** Stands beside the title. */
  readonly note?: string;
  /** Of what the values are. ISO 8601. */
  readonly moments: readonly string[];
  /** A moment in the table, and what all of them are called there. */
  readonly momentText: (at: Date) => string;
  readonly momentName: string;
  /** A moment on the axis. */
  readonly axisText: (at: Date) => string;
  /** Bars and areas stand on top of one another. */
  readonly kind: "areas" | "bars" | "lines";
  readonly series: readonly Series[];
  /** What stands there when all is nothing. */
  readonly nothing: string;
  readonly valueText: (value: number) => string;
}
