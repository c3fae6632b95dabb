import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client.ts";
import { useLiveStream } from "../api/live-stream.ts";
import { answered } from "../api/problem.ts";
import { refreshMs } from "../api/query-client.ts";
import { useReading } from "../api/reading.ts";
import type { Stats, StatsHour } from "../api/resources.ts";

/** The day that is shown, and the one it is compared with, h. */
export const dayHours = 24;

const hours = 2 * dayHours;

const isStats = (state: unknown): state is Stats =>
  typeof state === "object" && state !== null && "now" in state && "hours" in state;

/** The figures as they are now: by their stream, and by asking where there is none. */
export const useStats = () => {
  const client = useQueryClient();
  const queryKey = ["stats"];
  const [isFollowed, setFollowed] = useState(false);
  const reading = useReading({
    queryKey,
    queryFn: ({ signal }) => answered(api.GET("/v1/stats", { params: { query: { hours } }, signal })),
    refetchInterval: isFollowed ? false : refreshMs,
  });
  const isLive = useLiveStream(`/v1/stats/events?hours=${hours}`, {
    // A key that may not see the figures is not told so twice.
    isOn: reading.data !== undefined,
    events: ["stats"],
    onState: (state) => {
      if (isStats(state)) client.setQueryData<Stats>(queryKey, state);
    },
  });
  if (isLive !== isFollowed) setFollowed(isLive);
  return reading;
};

type Outcome = keyof StatsHour["ended"];

/** How many ended so in the last 24 hours, and in those before. */
export const endedOf = (
  { hours }: Stats,
  outcome: Outcome,
): { readonly now: number; readonly before: number } => {
  const sum = (some: readonly StatsHour[]) => some.reduce((all, { ended }) => all + ended[outcome], 0);
  return { now: sum(hours.slice(-dayHours)), before: sum(hours.slice(0, -dayHours)) };
};
