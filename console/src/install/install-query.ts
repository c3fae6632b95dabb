import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client.ts";
import { useLiveStream } from "../api/live-stream.ts";
import { answered } from "../api/problem.ts";
import { refreshMs } from "../api/query-client.ts";
import { useReading } from "../api/reading.ts";
import type { InstallWithTimeline } from "../api/resources.ts";
import { isEnded } from "../words/install-status.ts";

const isInstall = (state: unknown): state is InstallWithTimeline =>
  typeof state === "object" && state !== null && "timeline" in state && "phoneNumber" in state;

/** An install as it is now: by its stream until it has ended, and by asking where there is none. */
export const useInstall = (id: string) => {
  const client = useQueryClient();
  const queryKey = ["install", id];
  const [isFollowed, setFollowed] = useState(false);
  const reading = useReading({
    queryKey,
    queryFn: ({ signal }) => answered(api.GET("/v1/installs/{id}", { params: { path: { id } }, signal })),
    // An ended one is read as well: a late event may heal it, and others act on it.
    refetchInterval: isFollowed ? false : refreshMs,
  });
  const isLive = useLiveStream(`/v1/installs/${encodeURIComponent(id)}/events`, {
    isOn: reading.data !== undefined && !isEnded(reading.data.status),
    events: ["install", "ended"],
    onState: (state) => {
      if (isInstall(state))
        client.setQueryData<InstallWithTimeline>(queryKey, (before) => ({
          ...state,
          // The stream has no trace.
          ...(before?.traceId !== undefined && { traceId: before.traceId }),
        }));
    },
  });
  if (isLive !== isFollowed) setFollowed(isLive);
  return reading;
};
