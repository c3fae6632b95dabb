import { crashLife } from "./crash-life.ts";
import { crashOrders } from "./crash-orders.ts";
import { type CrashRole, crashRoles } from "./crash-task.ts";
import type { CrashLife } from "./dies-first.ts";
import { requestLife } from "./request-life.ts";
import { requestOrders } from "./request-orders.ts";

/** One way things can go, with the role whose process is killed on it. */
export interface CrashStory {
  readonly name: string;
  readonly role: CrashRole;
  /** Points that must be among those found, so that a blind watcher cannot pass. */
  readonly mustSee: readonly string[];
  /** The point at which it begins to differ from the story before it; a kill any earlier is that story's. */
  readonly partsAt?: string;
  /** Lives it, to its end or with a crash at a point. */
  live(crashAt?: string): Promise<CrashLife>;
}

/** What Bird does tells the orders apart, so that until then a worker's are one. */
const firstCreate = "POST /workspaces/:id/connectors #1 before";

export const crashStories: readonly CrashStory[] = [
  ...crashOrders.flatMap((order, number) =>
    (["worker", "webhook"] as const).map((role) => ({
      name: order.name,
      role,
      mustSee: order.mustSee[role],
      ...(number > 0 && role === "worker" && { partsAt: firstCreate }),
      live: (crashAt?: string) => crashLife(order, role, crashAt),
    })),
  ),
  ...requestOrders.flatMap((order) =>
    crashRoles.flatMap((role) => {
      const mustSee = order.mustSee[role];
      if (mustSee === undefined) return [];
      return [
        { name: order.name, role, mustSee, live: (crashAt?: string) => requestLife(order, role, crashAt) },
      ];
    }),
  ),
];
