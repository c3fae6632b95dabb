import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client.ts";
import { useLiveStream } from "../api/live-stream.ts";
import { answered } from "../api/problem.ts";
import { refreshMs } from "../api/query-client.ts";
import { useReading } from "../api/reading.ts";
import type { BatchWithFailures } from "../api/resources.ts";

/** What a stream sends: a batch without the members that only its own address has. */
type BatchState = Omit<BatchWithFailures, "recentFailures" | "samples">;

const isBatchState = (state: unknown): state is BatchState =>
  typeof state === "object" && state !== null && "failuresByCode" in state && "rows" in state;

const samplesMax = 60;

/** The stream has no samples: each state of it is one. */
const sampleOf = ({ completed, failed, cancelled }: BatchState): BatchWithFailures["samples"][number] => ({
  at: new Date().toISOString(),
  ended: completed + failed + cancelled,
  failed,
  cancelled,
});

/** A batch as it is now: by its stream while it runs, and by asking where there is none. */
export const useBatch = (id: string) => {
  const client = useQueryClient();
  const queryKey = ["batch", id];
  const [isFollowed, setFollowed] = useState(false);
  const reading = useReading({
    queryKey,
    queryFn: ({ signal }) => answered(api.GET("/v1/batches/{id}", { params: { path: { id } }, signal })),
    // An ended one is read as well: a retry of its rows opens it again.
    refetchInterval: isFollowed ? false : refreshMs,
  });
  const isOn = reading.data !== undefined && reading.data.finishedAt === undefined;
  const isLive = useLiveStream(`/v1/batches/${encodeURIComponent(id)}/events`, {
    isOn,
    events: ["progress", "finished"],
    onState: (state) => {
      if (!isBatchState(state)) return;
      client.setQueryData<BatchWithFailures>(queryKey, (before) => ({
        recentFailures: before?.recentFailures ?? [],
        samples: [...(before?.samples ?? []).slice(-samplesMax), sampleOf(state)],
        ...state,
      }));
      // Else its rows say for seconds that they are under way.
      if (state.finishedAt !== undefined) void client.invalidateQueries({ queryKey: ["batch-rows", id] });
    },
  });
  if (isLive !== isFollowed) setFollowed(isLive);
  return reading;
};

/** Reads everything about batches and installs again. */
export const useRereadBatches = (): (() => Promise<void>) => {
  const client = useQueryClient();
  return async () => {
    await Promise.all(
      ["batch", "batches", "batch-rows", "install", "installs"].map((name) =>
        client.invalidateQueries({ queryKey: [name] }),
      ),
    );
  };
};
