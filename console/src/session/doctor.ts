import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { useReading } from "../api/reading.ts";
import type { Session } from "../api/resources.ts";
import { mayDo, useSession } from "./session.tsx";

/** Its checks ask Bird and Redis, so they are not run by looking at a screen for long. */
const staleMs = 60_000;

/** Whether the caller may see the doctor's report, which is about all workspaces. */
export const maySeeChecks = (session: Session): boolean =>
  mayDo(session, "admin") && session.workspaces === undefined;

/** The doctor's report, for a caller that may see it. */
export const useDoctor = () => {
  const isAllowed = maySeeChecks(useSession());
  const reading = useReading({
    queryKey: ["doctor"],
    queryFn: ({ signal }) => answered(api.GET("/v1/doctor", { signal })),
    enabled: isAllowed,
    staleTime: staleMs,
  });
  return { reading, isAllowed };
};
