import type { ObserveMeta } from "../meta/observe-meta.ts";
import type { RoleDeps } from "./role.ts";

/** Counts and traces a role's requests to Meta. */
export const observeMeta = ({
  metrics,
  traces,
}: Pick<RoleDeps, "metrics" | "traces">): ObserveMeta | undefined => {
  if (metrics === undefined && traces === undefined) return undefined;
  const counted = metrics?.forMeta();
  const traced = traces?.forMeta();
  return (exchange) => {
    counted?.metaAnswered(exchange);
    traced?.metaAnswered(exchange);
  };
};
