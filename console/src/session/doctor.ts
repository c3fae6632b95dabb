import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { mayDo, useSession } from "./session.tsx";

/** Its checks ask Bird and Redis, so they are not run by looking at a screen for long. */
const staleMs = 60_000;

/** The doctor's report, for a caller that may see it. */
export const useDoctor = () => {
  const session = useSession();
  const isAllowed = mayDo(session, "admin") && session.workspaces === undefined;
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["doctor"],
    queryFn: ({ signal }) => answered(api.GET("/v1/doctor", { signal })),
    enabled: isAllowed,
    staleTime: staleMs,
  });
  return { report: data, error, isRunning: isFetching, isAllowed, run: () => void refetch() };
};
