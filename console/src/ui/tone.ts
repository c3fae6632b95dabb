/** Colours with a meaning, each with a light and a dark value in the styles. */
export type Tone = "neutral" | "busy" | "waiting" | "good" | "warning" | "bad";
