import { z } from "zod";
import { isoTime } from "../install/values/shown-text.ts";
import { holdReasons, problemText, type SubscriptionState } from "../install/workspace-state.ts";
import type { Hold } from "../queue/gate/holds.ts";
import type { WorkspaceRow } from "../queue/workspaces/list.ts";

export const holdSchema = z
  .object({
    reason: z.enum(holdReasons).meta({
      description: "Bird asked to slow down, or refuses the access key.",
    }),
    until: z.string().meta({ description: "When it ends by itself. ISO 8601, UTC." }),
    since: z
      .string()
      .optional()
      .meta({ description: "Since when it stands; absent where that is not known." }),
  })
  .meta({ id: "Hold" });

const subscriptionSchema = z
  .object({
    status: z.enum(["present", "missing", "unavailable"]).meta({
      description: "Whether Bird sends channel.created to Perch; unavailable: Bird did not answer.",
    }),
    checkedAt: z.string().meta({ description: "When Perch last checked. ISO 8601, UTC." }),
    url: z.string().optional().meta({ description: "Address of the events." }),
    reason: z.string().optional().meta({ description: "Why no subscription is known, and what to do." }),
  })
  .meta({ id: "Subscription" });

const count = z.int().min(0);

export const workspaceSchema = z
  .object({
    workspaceId: z.string(),
    hold: holdSchema.optional().meta({ description: "Absent while the workspace is not held." }),
    subscription: subscriptionSchema
      .optional()
      .meta({ description: "Absent until Perch has checked: see perch workspaces prepare." }),
    installs: count.meta({ description: "Installs that are kept, in any status." }),
    heldInstalls: count.meta({ description: "Installs that wait for the hold to end." }),
    newestByStatus: z
      .object({
        queued: count,
        submitting: count,
        awaiting_channel: count,
        retrying: count,
        held: count,
        completed: count,
        failed: count,
        cancelled: count,
      })
      .meta({
        description:
          "Statuses of its newest installs, a hundred at most: of all of them while `installs` is not more.",
      }),
    hasOwnAccessKey: z
      .boolean()
      .meta({ description: "Whether Bird is called with an access key of its own. It is never shown." }),
    lastEventAt: z.string().optional().meta({
      description: "When Bird's latest event for it came, as of up to five seconds ago. ISO 8601, UTC.",
    }),
    budgetAheadMs: count.meta({
      description: "How far ahead its budget of creates is taken, ms; 0: one may be sent at once.",
    }),
  })
  .meta({
    id: "Workspace",
    description: "What Perch knows about a Bird workspace; without data for an unknown one.",
  });

/** A workspace's hold in the API's form. */
export const viewHold = ({ reason, untilMs, sinceMs }: Hold) => ({
  reason,
  until: isoTime(untilMs),
  ...(sinceMs !== undefined && { since: isoTime(sinceMs) }),
});

/** A workspace's subscription state in the API's form. */
const viewSubscription = ({ status, checkedAtMs, url, problem }: SubscriptionState) => ({
  status,
  checkedAt: isoTime(checkedAtMs),
  url,
  reason: problem && problemText(problem),
});

/** A workspace in the API's form. */
export const viewWorkspace = ({
  workspaceId,
  hold,
  subscription,
  installs,
  heldInstalls,
  ...row
}: WorkspaceRow): z.input<typeof workspaceSchema> => ({
  workspaceId,
  hold: hold && viewHold(hold),
  subscription: subscription && viewSubscription(subscription),
  installs,
  heldInstalls,
  newestByStatus: row.newest,
  hasOwnAccessKey: row.hasOwnKey,
  lastEventAt: row.lastEventMs === undefined ? undefined : isoTime(row.lastEventMs),
  budgetAheadMs: row.budgetAheadMs,
});
