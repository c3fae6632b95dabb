import { createHolds } from "../../queue/holds.ts";
import { createInstalls } from "../../queue/installs.ts";
import type { Check } from "./check.ts";
import type { DoctorContext } from "./doctor-context.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** Held installs among which held workspaces are found. */
const heldRead = 100;

/** Workspaces that wait, and why. */
export const holdsCheck: Check = {
  id: "holds",
  run: async (context) => {
    const { client } = await context.redis();
    const { keys, config, now } = context;
    const holds = createHolds({
      client,
      keys,
      baseMs: config.HOLD_BASE_MS,
      capMs: config.HOLD_CAP_MS,
      now,
    });
    const found = await Promise.all(
      (await mayBeHeld(context)).map(async (workspaceId) => ({
        workspaceId,
        hold: await holds.find(workspaceId),
      })),
    );
    const held = found.flatMap(({ workspaceId, hold }): Finding[] =>
      hold === undefined
        ? []
        : [
            {
              id: `holds:${workspaceId}`,
              ...(hold.reason === "unauthorized"
                ? fail(
                    `The workspace is held until ${isoOf(hold.untilMs)}: Bird refused the access key for it.`,
                    `Correct BIRD_ACCESS_KEY or its policies, then run perch workspaces resume ${workspaceId}.`,
                  )
                : warn(
                    `The workspace is held until ${isoOf(hold.untilMs)}: Bird asked to slow down.`,
                    "It goes on by itself. If that happens often, lower BIRD_POSTS_PER_SECOND and BIRD_GETS_PER_SECOND.",
                  )),
            },
          ],
    );
    return held.length > 0 ? held : ok("No workspace is held.");
  },
};

const mayBeHeld = async (context: DoctorContext): Promise<readonly string[]> => {
  const { client } = await context.redis();
  const { keys, config } = context;
  const installs = createInstalls({ client, keys, retentionMs: config.RETENTION_MS });
  const [{ items }, known] = await Promise.all([
    installs.list({ status: "held", limit: heldRead }),
    context.workspaces().catch(() => []),
  ]);
  return [...new Set([...known, ...items.map(({ workspaceId }) => workspaceId)])];
};

const isoOf = (atMs: number): string => new Date(atMs).toISOString();
