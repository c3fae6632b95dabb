import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { useReading } from "../api/reading.ts";
import { mayDo, useSession } from "./session.tsx";

/** Its checks ask Bird and Redis, so they are not run by looking at a screen for long. */
const staleMs = 60_000;

/** The doctor's report, for a caller that may see it. */
export const useDoctor = () => {
  const session = useSession();
  const isAllowed = mayDo(session, "admin") && session.workspaces === undefined;
  const reading = useReading({
    queryKey: ["doctor"],
    queryFn: ({ signal }) => answered(api.GET("/v1/doctor", { signal })),
    enabled: isAllowed,
    staleTime: staleMs,
  });
  return { reading, isAllowed };
};
