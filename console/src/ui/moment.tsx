import { durationText } from "./duration.ts";
import { useNowMs } from "./now.ts";

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

/** A time relative to now, the exact one on hover. */
export const Moment = ({ at }: { readonly at: string }) => {
  const awayMs = Date.parse(at) - useNowMs();
  return (
    <time dateTime={at} title={exact.format(new Date(at))}>
      {relativeText(awayMs)}
    </time>
  );
};

const relativeText = (awayMs: number): string => {
  if (Math.abs(awayMs) < 1500) return "now";
  return awayMs > 0 ? `in ${durationText(awayMs)}` : `${durationText(-awayMs)} ago`;
};
